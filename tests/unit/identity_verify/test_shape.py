"""Characters that look alike."""

from identity_verify.shape import same_shape


def test_groups_are_of_look_alikes() -> None:
    """Both ways round; what is in no group looks like nothing."""
    assert same_shape("未", "末")
    assert same_shape("末", "未")
    assert not same_shape("未", "禾")
    assert not same_shape("齉", "齉")
