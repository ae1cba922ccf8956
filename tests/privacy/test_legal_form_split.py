"""Legal forms of all scripts are found at either end of a name and set apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.names.legal_forms import TABLE, LegalForm, find_legal_form, fold, form_key, split_legal_form


@pytest.mark.parametrize(
    ("name", "country", "bare", "kind"),
    [
        ("Nordlicht GmbH", "de", "Nordlicht", "company"),
        ("Nordlicht GmbH & Co. KG", "de", "Nordlicht", "company"),
        ("NORDLICHT GMBH&CO.KG", None, "NORDLICHT", "company"),
        ("Nordlicht UG (haftungsbeschränkt)", "de", "Nordlicht", "company"),
        ("Petra Muster e.K.", "de", "Petra Muster", "sole trader"),
        ("Blauwal e.V.", "de", "Blauwal", "non-profit"),
        ("Quetzal Norte, S. de R.L. de C.V.", "mx", "Quetzal Norte", "company"),
        ("QUETZAL NORTE SA DE CV", "mx", "QUETZAL NORTE", "company"),
        ("Quetzal Norte, S. A. de C. V.", None, "Quetzal Norte", "company"),
        ("Vagalume Comércio S/A", "br", "Vagalume Comércio", "company"),
        ("Vagalume Ltda - ME", "br", "Vagalume", "company"),
        ("VAGALUME EIRELI", "br", "VAGALUME", "company"),
        ("Brzoza Sp. z o.o.", "pl", "Brzoza", "company"),
        ("Bøgeskov A/S", "dk", "Bøgeskov", "company"),
        ("Bøgeskov ApS", None, "Bøgeskov", "company"),
        ("Koivula Oy", "fi", "Koivula", "company"),
        ("Oy Koivula", "fi", "Koivula", "company"),
        ("Tallskog Aktiebolag", "se", "Tallskog", "company"),
        ("Tallskog AB (publ)", "se", "Tallskog", "company"),
        ("Bukva Kft.", "hu", "Bukva", "company"),
        ("Javor d.o.o.", "hr", "Javor", "company"),
        ("Kestrel Ridge Pvt Ltd", "in", "Kestrel Ridge", "company"),
        ("Kestrel Ridge PLLC", "us", "Kestrel Ridge", "company"),
        ("Kestrel Ridge, L.L.C.", "us", "Kestrel Ridge", "company"),
        ("Kestrel Ridge, P.C.", "us", "Kestrel Ridge", "company"),
        ("Kestrel Ridge LLP", "gb", "Kestrel Ridge", "partnership"),
        ("Ponte Rosso S.r.l. in liquidazione", "it", "Ponte Rosso in liquidazione", "company"),
        ("Ponte Rosso B.V. Filiale Torino", None, "Ponte Rosso Filiale Torino", "company"),
        ("Kestrel Ridge LLC Pipeline Division", "us", "Kestrel Ridge Pipeline Division", "company"),
        ("UAB Kregzde", "lt", "Kregzde", "company"),
        ("PT Burung Biru Tbk", "id", "PT Burung Biru", "company"),
        ("ООО «Синица»", "ru", "Синица", "company"),
        ("ЗАО Синица", None, "Синица", "company"),
        ("ИП Синицын П.П.", "ru", "Синицын П.П", "sole trader"),
        ("株式会社青空製作所", "jp", "青空製作所", "company"),
        ("青空製作所(株)", "jp", "青空製作所", "company"),
        ("（株）青空", "jp", "青空", "company"),
        ("青空㈱", "jp", "青空", "company"),
        ("(주)푸른하늘", "kr", "푸른하늘", "company"),
        ("푸른하늘 주식회사", "kr", "푸른하늘", "company"),
        ("蓝天某某贸易有限公司", "cn", "蓝天某某贸易", "company"),
        ("某某区蓝天餐饮店（个体工商户）", "cn", "某某区蓝天餐饮店", "sole trader"),
        ("شركة النجمة الزرقاء ش.م.م", "eg", "شركة النجمة الزرقاء", "company"),
    ],
)
def test_form_is_set_apart(name: str, country: str | None, bare: str, kind: str) -> None:
    rest, form = split_legal_form(name, country)
    assert rest == bare
    assert form is not None
    assert form.cls == kind


@pytest.mark.parametrize(
    "name", ["Kestrel Ridge", "Limited", "株式会社", "", "  ", "Kestrel, Dora D.D.S.", "de la Sabana"]
)
def test_no_form_leaves_the_name_alone(name: str) -> None:
    assert split_legal_form(name, None) == (name.strip(), None)


def test_the_form_of_the_country_carries_its_iso_code() -> None:
    assert split_legal_form("Nordlicht GmbH", "de")[1] == LegalForm("GmbH", "de", "2HBR", "company")
    assert split_legal_form("Nordlicht GmbH", "us")[1] == LegalForm("GmbH", "", "", "company")


def test_a_short_form_of_another_country_is_no_form() -> None:
    assert split_legal_form("Kestrel TÜ", "ee")[1] is not None
    assert split_legal_form("Kestrel Tu", "us")[1] is None


def test_where_the_form_stands_is_told() -> None:
    found = find_legal_form("Nordlicht GmbH", "de")
    assert found is not None
    assert (found.start, found.end) == (10, 14)


def test_letters_apart_and_together_are_one_key() -> None:
    assert form_key("S. A. de C. V.") == form_key("SA de CV") == "sa de cv"
    assert form_key("L. da") != form_key("Lda")


@pytest.mark.parametrize("word", ["Straße", "Ørsted", "ŁÓDŹ", "İzmir", "ısı", "Ἀθῆναι", "Ｆｕｌｌ", "ﾄﾖﾀ", "æther"])
def test_fold_forgets_case(word: str) -> None:
    assert fold(word) == fold(word.upper()) == fold(word.lower())


def test_every_row_of_the_table_is_well_formed() -> None:
    header, *rows = [line.split("\t") for line in TABLE.read_text(encoding="utf-8").splitlines()]
    assert header == ["form", "country", "elf", "class", "where"]
    assert len(rows) > 5_000
    assert {len(row) for row in rows} == {5}
    assert {row[4] for row in rows} == {"end", "start", "any"}
    assert all(row[0] == row[0].strip() and form_key(row[0]) for row in rows)
    assert {"company", "sole trader", "non-profit", "public body", "partnership"} <= {row[3] for row in rows}


@given(st.text(max_size=300), st.sampled_from([None, "de", "jp", "br", "us"]))
def test_any_text_is_split_without_error(text: str, country: str | None) -> None:
    rest, form = split_legal_form(text, country)
    assert rest or not text.strip() or form is None
