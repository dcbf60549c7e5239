from mirrorcheck.pairing.model import Bools, Ints, Keys

def number_keys(originals: Keys, copies: Keys, original_numbers: Keys, copy_numbers: Keys) -> None: ...
def share_of_keys(key: Keys, blocks: int, rows: Ints) -> int: ...
def split(key: Keys, blocks: int, rows: Ints, ends: Ints) -> None: ...
def merge(
    originals: tuple[Keys, Ints, Ints, Ints],
    copies: tuple[Keys, Ints, Ints, Ints],
    pause_us: int,
    row: Ints,
    is_copy: Bools,
    time_us: Ints,
    logged_us: Ints,
    run: Ints,
) -> None: ...
def number_runs(key: Ints, time_us: Ints, pause_us: int, run: Ints) -> None: ...
def match_even(
    logged_us: Ints, is_copy: Bools, run: Ints, horizon_us: int, original: Ints, copy: Ints, uneven: Ints
) -> tuple[int, int]: ...
def match_run(time_us: Ints, logged_us: Ints, is_copy: Bools, horizon_us: int, original: Ints, copy: Ints) -> int: ...
def best_partners(few_us: Ints, many_us: Ints, partner: Ints) -> None: ...
def count_sides(group: Ints, is_copy: Bools, originals: Ints, copies: Ints) -> None: ...
def mark_alone(run: Ints, time_us: Ints, is_copy: Bools, apart_us: int, alone: Bools) -> None: ...
def count_near(run: Ints, time_us: Ints, is_copy: Bools, reach_us: int, near: Ints) -> None: ...
def count_groups(
    run: Ints,
    time_us: Ints,
    is_copy: Bools,
    original: Bools,
    paired: Bools,
    pause_us: int,
    within_us: tuple[int, int],
    sums: Ints,
) -> int: ...
def count_in_stretches(
    run: Ints,
    time_us: Ints,
    is_copy: Bools,
    stands: Bools,
    first: Ints,
    last: Ints,
    margin_us: Ints,
    candidates: Ints,
) -> None: ...
def link(row: Ints, original: Ints, copy: Ints, copy_of: Ints, original_of: Ints) -> None: ...
def write_candidates(
    row: Ints,
    is_copy: Bools,
    run: Ints,
    time_us: Ints,
    candidates: Ints,
    reach_us: int,
    of_originals: Ints,
    of_copies: Ints,
    alike: Ints,
) -> None: ...
