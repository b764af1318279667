"""Accept-Language → the reader's first language, without its region and its script."""

from functools import lru_cache

CACHED_HEADERS = 4096
MAX_HEADER_CHARS = 200
OTHER = "other"

# ISO 639-1, and of three letters those that browsers and phones offer, or that peoples of Vietnam speak.
CODES = """
    aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en
    eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka
    kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl
    nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw
    ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu

    ast ceb chr ckb csb dsb fil fur gsw haw hmn hsb kab kok lus mai mni nds nso sat scn sco shn sma smj smn sms syr tet
    tpi yue zgh

    bdq blt cjm hmv jra kpm mtq mww nut rad sed twh tyz
"""
LANGUAGES = frozenset(CODES.split())
OLD_CODES = {"in": "id", "iw": "he", "ji": "yi", "mo": "ro"}  # as old Androids and Javas send them


def first_language(accept_language: str) -> str:
    """An ISO 639 code, OTHER for one that is not known, empty without a header."""
    return _first(accept_language[:MAX_HEADER_CHARS])


@lru_cache(maxsize=CACHED_HEADERS)
def _first(header: str) -> str:
    """Of equal weights (RFC 9110, 12.5.4) the first; without one a language has the highest."""
    # The cache keeps the cut text: a sender can make the header as long as it likes.
    if not header.strip():
        return ""
    best, best_weight = "", 0.0
    for entry in header.split(","):
        tag, *parameters = entry.split(";")
        weight = _weight(parameters)
        if weight > best_weight:
            best, best_weight = tag, weight
    code = best.strip().lower().partition("-")[0]
    code = OLD_CODES.get(code, code)
    return code if code in LANGUAGES else OTHER


def _weight(parameters: list[str]) -> float:
    """0, which is never chosen, for nonsense."""
    if not parameters:
        return 1.0
    name, _, value = parameters[0].strip().partition("=")
    try:
        weight = float(value) if name.strip().lower() == "q" and len(value) <= 5 else 0.0
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0
