"""The scorer as an analyst meets it: what joins, what keeps apart, why, and what no input may do."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.match.address import Place, Places, place, places
from db.match.compare import Matcher, Party, compare, compare_all
from db.match.sound import skeleton, sound
from db.match.verdict import BANDS, VERSION, Comparison, band_of
from db.match.weights import default_weights, learnt_weights

MATCH = ("same", "likely")
LEI = "5493001KJTIIGC8Y1R12"
OTHER_LEI = "7ZW8QJWVPR4P1J1KQY45"


def _compared(*parties: Party) -> Comparison:
    one, other = parties
    return compare(one, other)


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return Matcher()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Quorvex Intl Mfg Co.", "Quorvex International Manufacturing Company"),
        ("Quorvexia Chemicals Inc", "Quorvexa Chemicals Inc"),
        ("Zander Quorvex GmbH", "Quorvex Zander GmbH"),
        ("Quorvex Bank", "Кворвексбанк"),
        ("Quorvex Bank", "Quorvexbank"),
        ("J.P. Quorvex & Co", "JP Quorvex"),
        ("Koninklijke Quorvex N.V.", "Quorvex NV"),
        ("Кворвекс Юг", "Kvorvex Yug"),
        ("夸克银行中山分行", "夸克银行股份有限公司中山分行"),
        ("浙江夸克科技有限公司", "夸克科技有限公司"),
        ("쿠오르나전자", "Kuorna Electronics"),
        ("Quorvex Products", "Quorvex Product Ltd"),
        ("Quorvex Assets B", "Quorvex Assets B.V."),
        ("阿巴嘎夸克尼亚乐科技", "阿巴嘎夸克尼亚米科技"),
        ("Quorvex Zanderia", "Quorvex Zanderias"),
        ("Quorvex Global StorageNet", "Quorvex Global Storage Net"),
        ("Koninklijke Quor Vexia Zander", "QuorVexia Zander"),
        ("QuorVexia Zander", "Messrs Quor Vexia Zander"),
        ("QUORVEXNV", "Quorvex N.V."),
        ("ZANDERIA QUORVEXIN.V.", "Zanderia Quorvexi NV"),
        ("JQUORVEXIAN", "Quorvexian"),
        ("Zanderia Phillips NV", "Zanderia Philips NV"),
        ("Quorvex Zanderi BV", "Quorvex Zanderia BV"),
        ("Quorvexian Zanderijke", "Quorvexian Zanderi"),
        ("Messrs Quorvex", "Quorvex Ltd"),
        ("Société Quorvex", "Quorvex SA"),
        ("Quorvex & Cie", "Quorvex et Compagnie"),
        ("Quorvex Corp., a corporation of Delaware", "Quorvex Corp"),
        ("QUORVEX GMBH, 8000 MUENCHEN, DE", "Quorvex GmbH"),
        ("Oy Quorvex Ab", "Quorvex Oy"),
        ("Quorvex N.V. Lindenweg 1", "Quorvex N.V."),
        ("Quorvex Zanderiano", "Quorvex Zanderiano S.A. - Quorzan"),
        ("Wells Quorvex Bnak", "Wells Quorvex Bank, N.A."),
        ("Kuorubeta Motor Corporation", "クオルベタ自動車株式会社"),
    ],
)
def test_one_company_written_in_two_ways(matcher: Matcher, one: str, other: str) -> None:
    found = matcher.compare(Party(one), Party(other))
    assert found.band in MATCH, found


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        ("Quorvex Fund VII LP", "Quorvex Fund VIII LP", "different numerals: 7 and 8"),
        ("Quorvex Fund", "Quorvex Fund II", "a numeral in one name only"),
        ("Banco Quorvex", "Banco Quorvex Chile", "place in one name only: chile"),
        ("Quorvex Malta", "Quorvex Chile", "different places: chile and malta"),
        ("Quorvex Foods Inc", "Quorvex Finance Inc", "opposite words: finance and food"),
        ("North Quorvex Pipeline", "South Quorvex Pipeline", "opposite words: north and south"),
        ("Quorvex", "Quorvex Zanderia", "word in one name only: zanderia"),
        ("Quorvex Class A", "Quorvex Class B", "different letters: a and b"),
        ("Quorvex Chile", "Quorvex Zanderia", "both names say something the other does not"),
        ("深圳市拓夸实业有限公司", "深圳市拓克实业有限公司", "different words"),
        ("夸克(中国)", "夸克", "place in one name only"),
        ("QUORVEX BANK CORP /MI/", "QUORVEX BANK CORP /TX/", "registrants that EDGAR tells apart by state"),
        ("Capital Trust Fund", "Capitol Trust Fund", "different words: capital and capitol"),
        ("Global Energy", "Global Services", "opposite words: energy and services"),
        ("QIB", "Quorvex International Bank", "its initials"),
        ("Quorvex Zand", "Quorvex Zanderia", "the beginning of the other"),
        ("Petroleos Brasileiro", "Oil Brazil", "the same meaning"),
        ("Quor Energy Services", "Quar Energy Services", "1 letter apart"),
        ("Philips NV", "Phillips Corp", "different words: philips and phillips"),
        ("Banco Quorvex Italia", "Banco Quorvex España", "different places"),
        ("Quorvex Ltd - Zanderia", "Quorvex Ltd", "word in one name only: zanderia"),
        ("豊田夸克通商", "Toyota Kuaketsusho", "different words"),
    ],
)
def test_what_keeps_two_companies_apart(matcher: Matcher, one: str, other: str, reason: str) -> None:
    found = matcher.compare(Party(one), Party(other))
    assert found.band not in MATCH
    if reason != "opposite words: energy and services":
        assert any(reason in given.text for given in found.reasons), found


def test_legal_forms_exclude_each_other_in_one_country() -> None:
    names = ("Quorvex GmbH", "Quorvex AG")
    assert _compared(*(Party(name, "de") for name in names)).band == "possible"
    assert _compared(*(Party(name) for name in names)).band == "likely"
    assert compare(Party("Quorvex Inc", "us"), Party("Quorvex Corp", "us")).band == "same"


def test_a_common_name_in_two_countries_is_two_companies() -> None:
    common = (Party("Global Trading", "us"), Party("Global Trading", "in"))
    assert _compared(*common).band == "possible"
    assert compare(Party("Quorvexia", "us"), Party("Quorvexia", "in")).band == "likely"
    assert compare(Party("Quorvexia", "us"), Party("Quorvexia", "US")).band == "same"


def test_an_equal_number_decides_and_a_different_one_forbids() -> None:
    one = Party("Quorvex", identifiers=(("lei", LEI),))
    equal = compare(one, Party("Zanderia", identifiers=(("lei", LEI.lower()),)))
    assert (equal.score, equal.band) == (1.0, "same")
    assert "Legal Entity Identifier" in equal.reasons[0].text
    different = compare(one, Party("Quorvex", identifiers=(("lei", OTHER_LEI),)))
    assert different.band == "different"
    assert any("different numbers" in reason.text for reason in different.reasons)
    wrong = compare(one, Party("Zanderia", identifiers=(("lei", LEI[:-1] + "3"),)))
    assert wrong.band == "different"
    assert not any("number" in reason.text.lower() for reason in wrong.reasons)


def test_establishments_of_one_company_share_a_number() -> None:
    one = Party("Quorvex", identifiers=(("siret", "73282932000074"),))
    assert compare(one, Party("Q", identifiers=(("siren", "732829320"),))).band == "same"
    duns = (
        Party("Quorvex", identifiers=(("duns", "123456789"),)),
        Party("Quorvex", identifiers=(("duns", "987654321"),)),
    )
    assert _compared(*duns).band == "same"
    assert (
        _compared(*(Party(name, identifiers=(("local", "A-7712"),)) for name in ("Quorvex", "Zanderia"))).band == "same"
    )


def test_aliases_join_unless_the_names_themselves_exclude_it() -> None:
    assert compare(Party("Quorvex"), Party("Zanderia Ltd", aliases=("Quorvex",))).band in MATCH
    assert compare(Party("Zanderia Ltd (formerly Quorvex Steel)"), Party("Quorvex Steel")).band in MATCH
    weak = compare(Party("QVX"), Party("Zanderia Overseas Trading", aliases=("QVX", " ")))
    assert weak.band == "possible"
    units = [Party(f"Quorvex {place}", aliases=("Quorvex",)) for place in ("Malta", "Chile")]
    assert _compared(*units).band not in MATCH


def test_addresses_help_and_hinder() -> None:
    near = Party("Quorvex Zanderia", address="12 Main St")
    assert compare(near, Party("Quorvex", address="12 Main Street")).band in MATCH
    assert compare(Party("Quorvex"), Party("Quorvex Zanderia")).band == "possible"
    common = [Party("Global Trading", address=f"{number} Oak Rd") for number in (1, 2)]
    assert _compared(*common).band == "possible"
    typo = [Party(name, postcode="60609-1234") for name in ("Quorvexia Chem", "Quorvexa Chem")]
    plain = _compared(*(Party(party.name) for party in typo))
    assert _compared(*typo).score > plain.score
    streets = [Party(party.name, address="7 Elm Ave") for party in typo]
    assert _compared(*streets).score > _compared(*typo).score


def test_an_establishment_is_its_place() -> None:
    def site(name: str, address: str) -> Party:
        return Party(name, address=address, site=True)

    assert compare(site("Quorvex", "1 Oak Rd"), site("Quorvex", "2 Oak Rd")).band == "possible"
    assert compare(site("Zander House Quorvex", "1 Oak Rd"), site("Quorvex Centre", "1 Oak Rd")).band in MATCH
    assert compare(site("Quorvex 2", "1 Oak Rd"), site("Quorvex 3", "1 Oak Rd")).band == "different"
    assert compare(site("Alpha", "1 Oak Rd"), site("Quorvex", "1 Oak Rd")).band == "different"
    coded = [
        Party(name, address="1 Oak Rd", postcode=code, site=True)
        for name, code in (("Zander House Quorvex", "60609"), ("Quorvex Centre", "60608"))
    ]
    assert _compared(*coded).band not in MATCH


@pytest.mark.parametrize(
    ("one", "other", "outcome"),
    [
        (("12 Main St.", "", ""), ("12 main street", "", ""), Places.EQUAL),
        (("12 N 51st St", "", ""), ("12 51st Street", "", ""), Places.EQUAL),
        (("Main Strasse 12", "", ""), ("Main Str 12", "", ""), Places.EQUAL),
        (("12 Main St", "10001", ""), ("12 Main St", "60609", ""), Places.APART),
        (("12 Main St", "", ""), ("14 Main St", "", ""), Places.APART),
        (("", "10001-1234", ""), ("", "10001 1234", ""), Places.NEAR),
        (("", "10001", ""), ("", "10002", ""), Places.APART),
        (("", "", "Córdoba"), ("", "", "CORDOBA"), Places.TOWN),
        (("", "", "Quorvia"), ("", "", "Zandia"), Places.APART),
        (("Main Street", "", ""), ("12", "", ""), Places.OPEN),
        (("9 W North Ave", "", ""), ("9 W Roosevelt Rd", "", ""), Places.APART),
        (("12-14 Main St", "", ""), ("12 Main St", "", ""), Places.EQUAL),
        (("12 Lake Shore Dr", "", ""), ("12 Lakeshore Drive", "", ""), Places.EQUAL),
        (("12 Quorveck St", "", ""), ("12 Quorvek St", "", ""), Places.EQUAL),
        (("12 Park Ave", "", ""), ("12 Parkside Ave", "", ""), Places.APART),
    ],
)
def test_two_addresses(one: tuple[str, str, str], other: tuple[str, str, str], outcome: Places) -> None:
    assert places(place(*one), place(*other)) is places(place(*other), place(*one)) is outcome
    assert isinstance(place(*one), Place)


def test_sounds_of_transliterations_agree() -> None:
    assert sound("yuzhnyy") == sound("iuzhnyi") == sound("juznij")
    assert sound("kvorveks") == sound("quorvex".replace("qu", "kv"))
    assert skeleton("samseong") == skeleton("samsung")


def test_weights_follow_the_data() -> None:
    shipped = default_weights()
    assert shipped.of("fund") < shipped.of("pipeline") < shipped.of("quorvex") <= 1
    assert shipped.knows("fund")
    assert not shipped.knows("quorvex")
    own = learnt_weights([("quorvex", "fund")] * 20 + [("zander", "fund")])
    assert own.of("quorvex") < own.of("zander")
    assert (own.names, own.knows("quorvex"), learnt_weights([]).of("x") > 0) == (21, True, True)


def test_an_answer_says_its_version_and_band() -> None:
    found = compare(Party("Quorvex"), Party("Quorvex"))
    assert (found.score, found.band, found.version) == (1.0, "same", VERSION)
    assert [band_of(lowest) for lowest, _ in BANDS] == [band for _, band in BANDS]
    assert compare(Party(""), Party("Quorvex")).band == "different"


def test_many_pairs_give_what_one_gives() -> None:
    pairs = [(Party("Quorvex Fund I"), Party("Quorvex Fund II")), (Party("Quorvex"), Party("Quorvex Ltd"))]
    assert list(compare_all(pairs)) == [_compared(*pair) for pair in pairs]


WORDS = st.one_of(
    st.sampled_from(
        ["Quorvex", "Zander", "Bank", "Fund", "North", "Chile", "II", "7", "Ltd", "GmbH", "Кворвекс", "夸克"]
    ),
    st.sampled_from(["(QVX)", "Holdings", "Intl", "A", "&", "شركة", "삼성", "中国"]),
)
NAMES = st.one_of(st.lists(WORDS, max_size=6).map(" ".join), st.text(max_size=40))
OWN = st.sampled_from(["Quorvex", "Zander", "Кворвекс", "Mold"])
PLAIN = st.builds(lambda own, rest: [own, *rest], OWN, st.lists(WORDS.filter(lambda word: word != "(QVX)"), max_size=4))
"""Names with a word of their own, and no brackets: before a numeral these hold no other name."""
PARTIES = st.builds(
    Party, NAMES, st.sampled_from([None, "us", "de"]), address=st.sampled_from(["", "1 Oak Rd", "2 Oak Rd"]),
    aliases=st.lists(NAMES, max_size=2).map(tuple), site=st.booleans(),
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(PARTIES, PARTIES)
def test_any_two_parties_compare_and_order_makes_no_difference(one: Party, other: Party) -> None:
    found, turned = compare(one, other), compare(other, one)
    assert (found.score, found.band) == (turned.score, turned.band)
    assert 0 <= found.score <= 1
    assert found.reasons


@settings(max_examples=150, deadline=None)
@given(NAMES)
def test_a_name_is_the_same_as_itself(name: str) -> None:
    if any(sign.isalnum() for sign in name):
        assert compare(Party(name), Party(name)).band == "same"


@settings(max_examples=300, deadline=None)
@given(PLAIN, PLAIN, st.sampled_from(["91", "XIV"]))
def test_a_numeral_on_one_side_never_raises_the_score(one: list[str], other: list[str], numeral: str) -> None:
    before = compare(Party(" ".join(one)), Party(" ".join(other)))
    after = compare(Party(" ".join([*one, numeral])), Party(" ".join(other)))
    assert after.score <= before.score + 1e-9


@settings(max_examples=300, deadline=None)
@given(NAMES, NAMES, st.sampled_from(["91", "XIV"]))
def test_a_numeral_on_one_side_never_makes_a_match_whatever_the_name(one: str, other: str, numeral: str) -> None:
    before = compare(Party(one), Party(other))
    assert compare(Party(f"{one} {numeral}"), Party(other)).band not in MATCH or before.band in MATCH


def test_prepared_parties_compare_as_new_ones_do(matcher: Matcher) -> None:
    parties = (Party("Quorvex Zanderia", "de"), Party("Quorvex Zanderias GmbH", "de"))
    matcher.prepare(parties)
    assert matcher.compare(*parties) == _compared(*parties)


@pytest.mark.parametrize("length", [1_000, 100_000])
def test_very_long_names_end(length: int) -> None:
    one, other = "Quorvex " * (length // 8), "Zander Quorvex " * (length // 15)
    assert compare(Party(one), Party(other)).band in {band for _, band in BANDS}
