"""Every verdict, over the real wire."""

from collections.abc import Callable

import pytest
from verification.stand_in import ACCOUNT_ID, SECURED, Client, says
from verification.two_hosts import Api

from monei_guard.model.rule import Environment

MakeKey = Callable[[], bytes]


def details(verification: object) -> dict[str, str]:
    return dict(verification.details)  # type: ignore[attr-defined]


def test_a_production_key_is_live_and_says_whose(api: Api, make_key: MakeKey) -> None:
    answer = api.ask(api.live(make_key()))

    assert (answer.verdict, answer.environment) == ("live", Environment.PRODUCTION)
    assert answer.host == api.hosts[0].name
    assert details(answer)["account_id"] == ACCOUNT_ID
    assert details(answer)["kyc_tier"] == "2"
    assert details(answer)["account_status"] == "active"
    assert details(answer)["environment_basis"] == "the key is shown mainnet networks"


def test_a_sandbox_key_on_the_production_host_is_told_by_its_networks(api: Api, make_key: MakeKey) -> None:
    answer = api.ask(api.live(make_key(), environment="sandbox"))

    assert (answer.verdict, answer.environment) == ("live", Environment.SANDBOX)


def test_a_live_key_lists_the_steps_in_order_and_what_was_not_tested(api: Api, make_key: MakeKey) -> None:
    answer = details(api.ask(api.live(make_key())))

    assert [answer[f"step_{number}"].split()[0] for number in (1, 2, 3, 4)] == ["rotate", "revoke", "purge", "check"]
    assert "transactions" in answer["not_tested"]


def test_a_key_dead_on_production_is_asked_on_development_before_it_is_called_inactive(
    api: Api, make_key: MakeKey
) -> None:
    key = make_key()
    api.development.clients[key] = Client(environment="sandbox")

    answer = api.ask(key)

    assert (answer.verdict, answer.host) == ("live", api.hosts[1].name)
    assert api.production.paths() == ["/api/v1/user/me"]


def test_a_key_refused_by_both_hosts_is_inactive_and_shows_the_documented_causes(api: Api, make_key: MakeKey) -> None:
    answer = api.ask(make_key())

    assert answer.verdict == "inactive"
    assert api.hosts[0].name in answer.reason
    assert api.hosts[1].name in answer.reason
    for cause in ("wrong or was revoked", "expired", "wrong header", "other environment"):
        assert cause in details(answer)["causes_of_401"]


def test_a_deactivated_client_is_inactive(api: Api, make_key: MakeKey) -> None:
    assert api.ask(api.live(make_key(), is_active=False)).verdict == "inactive"


def test_a_key_bound_to_other_addresses_is_restricted_not_inactive(api: Api, make_key: MakeKey) -> None:
    answer = api.ask(api.live(make_key(), allowed_ips=("192.0.2.1",)))

    assert answer.verdict == "restricted"
    assert "scope, KYC tier or IP address" in answer.reason
    assert not api.development.seen


def test_a_key_without_the_profile_scope_is_restricted_but_its_environment_is_known(
    api: Api, make_key: MakeKey
) -> None:
    answer = api.ask(api.live(make_key(), denied=frozenset({"/api/v1/user/me"})))

    assert (answer.verdict, answer.environment) == ("restricted", Environment.PRODUCTION)


def test_a_live_key_denied_the_networks_has_an_unknown_environment(api: Api, make_key: MakeKey) -> None:
    answer = api.ask(api.live(make_key(), denied=frozenset({"/api/v1/evm/networks"})))

    assert (answer.verdict, answer.environment) == ("live", Environment.UNKNOWN)


def test_networks_that_need_no_key_tell_nothing(api: Api, make_key: MakeKey) -> None:
    api.production.open_paths = frozenset({"/api/v1/evm/networks"})

    answer = api.ask(api.live(make_key()))

    assert (answer.verdict, answer.environment) == ("live", Environment.UNKNOWN)
    assert "open to anyone" in details(answer)["environment_basis"]


def test_networks_that_do_not_answer_without_a_key_are_not_called_open(api: Api, make_key: MakeKey) -> None:
    api.production.fail("/api/v1/evm/networks", says(404, {"statusCode": 404}))

    answer = api.ask(api.live(make_key()))

    assert (answer.verdict, answer.environment) == ("live", Environment.UNKNOWN)
    assert "no clear answer" in details(answer)["environment_basis"]


def test_what_anybody_may_read_is_not_called_a_permission(api: Api, make_key: MakeKey) -> None:
    api.production.open_paths = frozenset({"/api/v1/kyc/status"})

    answer = details(api.ask(api.live(make_key()), permissions=True))

    assert "kyc: open to anyone" in answer["reads"]


def test_the_host_tells_the_environment_when_the_networks_do_not(api: Api, make_key: MakeKey) -> None:
    key = make_key()
    api.development.clients[key] = Client(denied=frozenset({"/api/v1/evm/networks"}))

    answer = api.ask(key)

    assert (answer.verdict, answer.environment) == ("live", Environment.SANDBOX)
    assert details(answer)["environment_basis"].startswith("refused by")


@pytest.mark.parametrize(
    ("networks", "environment"),
    [
        ([{"chainId": 1}, {"chainId": 11155111}], Environment.UNKNOWN),
        ([], Environment.UNKNOWN),
        ("nonsense", Environment.UNKNOWN),
        ([{"chainId": 999999999, "name": "Somechain"}], Environment.UNKNOWN),
        ([{"chainId": 999999999, "name": "Some Testnet"}], Environment.SANDBOX),
        ({"networks": [{"id": "56", "symbol": "BNB"}]}, Environment.PRODUCTION),
        ([{"name": "x", "isTestnet": True}], Environment.SANDBOX),
        ([{"name": "x", "isTestnet": False}], Environment.PRODUCTION),
    ],
)
def test_the_environment_is_what_all_networks_agree_on(
    api: Api, make_key: MakeKey, networks: object, environment: Environment
) -> None:
    api.production.networks["live"] = networks

    assert api.ask(api.live(make_key())).environment is environment


def test_permissions_lists_what_the_key_reads_and_never_claims_more(api: Api, make_key: MakeKey) -> None:
    denied = frozenset({"/api/v1/wallet/me", "/api/v1/bills/records"})
    api.production.fail("/api/v1/offramp/ledger/history", says(404), keyed=True)

    answer = details(api.ask(api.live(make_key(), denied=denied), permissions=True))

    assert answer["reads"] == (
        "profile: allowed, networks: allowed, wallet: denied, transactions: allowed, kyc: allowed, bills: denied,"
        " offramp: not offered"
    )
    assert answer["permission_class"].startswith("at least Read Only")
    assert "not tested" in answer["permission_class"]


def test_permissions_of_a_key_that_reads_little(api: Api, make_key: MakeKey) -> None:
    denied = frozenset(SECURED) - {"/api/v1/kyc/status"}
    answer = api.ask(api.live(make_key(), denied=denied), permissions=True)

    assert answer.verdict == "restricted"
    assert details(answer)["permission_class"].startswith("reads kyc only")


def test_without_permissions_only_two_questions_are_asked_about_a_key(api: Api, make_key: MakeKey) -> None:
    api.ask(api.live(make_key()))

    assert api.production.paths() == ["/api/v1/user/me", "/api/v1/evm/networks"]


def test_a_key_found_many_times_is_asked_about_once(api: Api, make_key: MakeKey) -> None:
    key = api.live(make_key())
    api.verify(key, key, key)

    assert api.production.paths().count("/api/v1/user/me") == 1


def test_the_hosts_are_asked_without_a_key_first_and_once(api: Api, make_key: MakeKey) -> None:
    api.verify(*(api.live(make_key()) for _ in range(5)))

    first_keyed = next(i for i, seen in enumerate(api.production.seen) if seen.header(b"x-api-key"))
    assert [seen.path for seen in api.production.seen[:first_keyed]] == [
        "/api/v1", "/api/v1/user/me", "/api/v1/evm/networks",
    ]  # fmt: skip
    assert len(api.production.paths(keyed=False)) == 3
    assert not api.development.seen
