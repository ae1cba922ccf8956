"""The name index of a generation: from what somebody typed to names that may mean it, misspelt, begun or reordered.

opened(con)                   the index of the generation a connection reads; built first where there is none
finder(index).best(text, n)   candidates for one match text, with what differs
candidates_batch(index, …)    candidates for many, in several processes
refresh(generation, target, previous)     the index of a new generation, as far as possible from the one before
"""
