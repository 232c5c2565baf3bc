"""Playwright's driver, shared."""

import asyncio
import os

import pytest

from crawlers.capture.driver import LEAN, Driver, shared_driver


@pytest.mark.asyncio
async def test_one_for_all_until_the_last_is_done() -> None:
    """Two users have the same one; it works while one is left, and a later one is new. Our environment stays."""
    before = dict(os.environ)
    driver = shared_driver()
    assert shared_driver() is driver
    one, two = await asyncio.gather(driver.take(), driver.take())
    assert one is two
    assert dict(os.environ) == before
    assert LEAN
    await driver.release(one)
    assert two.chromium.executable_path
    await driver.release(two)
    three = await driver.take()
    assert three is not one
    await driver.release(three)


@pytest.mark.asyncio
async def test_one_that_does_not_work_is_not_given_again() -> None:
    """Who still holds it goes on; who comes has a new one."""
    driver = Driver()
    one, two = await driver.take(), await driver.take()
    await driver.release(one, spoilt=True)
    three = await driver.take()
    assert three is not two
    await driver.release(two)
    await driver.release(three)


@pytest.mark.asyncio
async def test_it_stays_a_while_for_the_next() -> None:
    """Somebody who comes in time finds it; then it ends by itself, or when all is over."""
    driver = Driver()
    driver.linger_s = 60
    one = await driver.take()
    await driver.release(one)
    two = await driver.take()
    assert two is one
    await driver.release(two)
    await driver.close()
    driver = Driver()
    driver.linger_s = 0.01
    two = await driver.take()
    await driver.release(two)
    await asyncio.sleep(0.5)
    three = await driver.take()
    assert three is not two
    await driver.release(three)
    await driver.close()
    four = await driver.take()
    assert four is not three
    await driver.release(four)
    await driver.close()
