"""The rule engine: facts, history and shop data in, leads (线索) out.

A rule is one YAML file in ``catalogue/``; its model is in ``rule.py``. ``docs/rules.md`` says how to
write one.
"""
