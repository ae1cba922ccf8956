"""Export: records as CSV, XLSX, JSON Lines or Parquet, with a dictionary of their columns and what they rest on.

columns.py   what a row holds: the model, where it comes from, what analysts said; how each format writes it
view.py      the rows, as views of which only one holds content and never that of a hidden record
writing.py   the formats
run.py       export(store, wish, …): checks, writes beside the place and puts everything there when whole
"""
