"""Companies derived from records: the name most often stated, every number, and counts that keep the cleared apart."""

from db.companies import refresh_companies
from tests.db.resolve_world import NOW, Row, world

LEI = ("lei", "5493001KJTIIGC8Y1R12")
SIRET, OTHER_SIRET = ("siret", "73282932000074"), ("siret", "73282932000082")


def test_records_that_do_not_stand_are_counted_apart() -> None:
    with world(Row("1", "Acme Inc"), Row("2", "Acme Inc"), Row("3", "Blanca Flor SA", country="mx")) as made:
        made.con.execute("UPDATE gen.record SET status = 'vacated' WHERE native_id IN ('2', '3')")
        made.con.execute("UPDATE gen.record SET kind = 'recall' WHERE native_id = '2'")
        made.con.execute("UPDATE gen.company SET records = 99, not_adverse = 99, kinds = ['listing']")
        made.con.execute("CREATE OR REPLACE TABLE touched AS SELECT company_id FROM gen.record")
        refresh_companies(made.con, NOW)
        assert made.ask("SELECT name, records, not_adverse, kinds FROM gen.company ORDER BY name") == [
            ("Acme Inc", 2, 1, ["penalty"]),
            ("Blanca Flor SA", 1, 1, []),
        ]


def test_a_company_bears_the_name_most_often_stated_and_is_found_by_all() -> None:
    rows = [
        Row("1", "Usine du Nord SA", country="fr", numbers=(SIRET,), aliases=("Nord",)),
        Row("2", "Usine SARL", country="fr", numbers=(OTHER_SIRET,)),
        Row("3", "Usine SARL", "xx_two", "fr", numbers=(OTHER_SIRET,)),
    ]
    with world(*rows) as made:
        ((company,),) = made.ask("SELECT DISTINCT company_id FROM gen.record")
        assert made.ask("SELECT company_id, name, norm, legal_form, country, records, sources FROM gen.company") == [
            (company, "Usine SARL", "usine", "sarl", "fr", 3, ["xx_one", "xx_two"])
        ]
        assert made.ask("SELECT norm, name, kind FROM gen.company_name ORDER BY ALL") == [
            ("nord", "Nord", "alias"),
            ("usine", "Usine SARL", "stated"),
            ("usine du nord", "Usine du Nord SA", "stated"),
        ]
        assert made.ask("SELECT value FROM gen.company_identifier ORDER BY ALL") == [(SIRET[1],), (OTHER_SIRET[1],)]
        ((identifiers,),) = made.ask("SELECT identifiers FROM gen.company")
        assert [found["value"] for found in identifiers] == [SIRET[1], OTHER_SIRET[1]]


def test_only_companies_concerned_are_derived_again() -> None:
    with world(Row("1", "Acme Inc"), Row("2", "Zenith Inc")) as made:
        made.con.execute("UPDATE gen.company SET records = 99")
        made.add(Row("3", "Acme Inc"))
        assert made.ask("SELECT name, records FROM gen.company ORDER BY name") == [("Acme Inc", 2), ("Zenith Inc", 99)]
