"""What the fast loaders rely on: they read rule files without parsing them."""

import re
from pathlib import Path

import pytest
import tomli

from monei_guard.model.rule import RuleKind, Unattributed
from monei_guard.ruleset.bundled import bundled_rules, credential_keywords, credential_prefixes, is_bundled, own_keys
from monei_guard.ruleset.rule_files import (
    load_bundled,
    load_credential_rules,
    load_evidence_rules,
    rule_paths,
)

PATHS = [Path(path) for path in rule_paths(bundled_rules())]


def test_the_keywords_of_a_clean_commit_are_those_of_the_parsed_rules() -> None:
    rules = [rule for rule in load_bundled() if rule.kind is RuleKind.CREDENTIAL]
    assert set(credential_keywords()) == {word for rule in rules for word in rule.keywords}
    assert len(credential_keywords()) == len(set(credential_keywords()))


def test_the_prefixes_are_those_of_the_parsed_rules() -> None:
    rules = [rule for rule in load_bundled() if rule.kind is RuleKind.CREDENTIAL]
    words = {word for rule in rules for word in (*rule.keywords, *rule.prefixes)}
    assert set(credential_prefixes()) == {word for word in words if word.endswith("_")}


def test_monei_s_own_keys_are_those_of_the_parsed_rules() -> None:
    own = dict(own_keys())
    rules = [rule for rule in load_bundled() if rule.unattributed is not Unattributed.UNKNOWN]
    words = {word for rule in rules if rule.kind is RuleKind.CREDENTIAL for word in rule.keywords}
    assert set(own) == {word for word in words if word.endswith("_")}
    fixed = {f"{{left}}(?P<secret>{prefix}{rest}){{right}}" for prefix, rest in own.items() if rest}
    assert fixed <= {rule.pattern for rule in rules}
    assert len(fixed) == 2


def test_a_built_in_rule_is_told_by_its_place(tmp_path: Path) -> None:
    assert all(is_bundled(str(path)) for path in PATHS)
    link = tmp_path / "link.toml"
    link.symlink_to(PATHS[0])
    assert is_bundled(str(link))
    copy = tmp_path / PATHS[0].name
    copy.write_bytes(PATHS[0].read_bytes())
    assert not is_bundled(str(copy))
    assert not is_bundled(f"{bundled_rules()}-of-others/monei/{copy.name}")


def test_the_rules_read_in_part_are_the_rules_read_in_full() -> None:
    everything = load_bundled()
    for kind, some in ((RuleKind.CREDENTIAL, load_credential_rules()), (RuleKind.EVIDENCE, load_evidence_rules())):
        full = [rule for rule in everything if rule.kind is kind]
        assert [rule.source for rule in some] == [rule.source for rule in full]
        assert [(rule.code, rule.pattern, rule.keywords, rule.verify, rule.text) for rule in some] == [
            (rule.code, rule.pattern, rule.keywords, rule.verify, rule.text) for rule in full
        ]


@pytest.mark.parametrize("path", PATHS, ids=[f"{path.parent.name}/{path.name}" for path in PATHS])
def test_a_rule_file_is_laid_out_as_the_fast_loaders_expect(path: Path) -> None:
    raw = path.read_text(encoding="utf-8")
    document = tomli.loads(raw)
    assert f'\nkind = "{document["kind"]}"\n' in raw
    assert raw.count('\nkind = "') == 1
    head, *examples = re.split(r"^\[\[(?:counter-)?example\]\]", raw, flags=re.MULTILINE)
    assert set(tomli.loads(head)) == set(document) - {"example", "counter-example"}
    assert len(examples) == len(document.get("example", ())) + len(document.get("counter-example", ()))
    for name in ("keywords", "prefixes"):
        if document.get(name):
            assert re.search(rf"^{name} = \[[^\]]*\]", raw.partition("\n[")[0], re.MULTILINE)


def test_codes_and_ids_are_unique_and_ids_are_file_names() -> None:
    rules = [rule for rule in load_bundled() if rule.kind is not RuleKind.EVIDENCE]
    codes = [rule.code for rule in rules]
    assert len(set(codes)) == len(codes)
    assert all(Path(rule.source).stem == rule.id for rule in rules)
