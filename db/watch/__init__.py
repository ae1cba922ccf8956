"""Watch lists: suppliers kept in the analyst database, matched again and again; only what is new is reported.

WatchLists(home)              the lists: put, find, remove
read_suppliers(home, file)    a file, judged by the gate
run(store, name, …)           matches a list and says what is new since its last run
companies_of(home, name)      the companies a list was matched with
"""

from db.watch.state import companies_of

__all__ = ["companies_of"]
