"""Words that the rules know beforehand: dates, places, titles, and nouns for kinds of things.

Everything else they know of words is counted (`lexicon.py`). Countries and the United
States' states are listed because, well known as they are, they seldom stand beside a noun
that says what they are. Those that are a person's name as well ("Georgia") are left out of one
list or both.
"""

from __future__ import annotations

MONTHS = (
    "January February March April May June July August September October November December"
).split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
SMALL_NUMBERS = "two three four five six seven eight nine ten eleven twelve".split()

# A name holds blanks, a comma parts two.
COUNTRIES = frozenset(
    name.strip()
    for name in """
    Afghanistan, Albania, Algeria, Argentina, Armenia, Australia, Austria, Azerbaijan, Bahrain,
    Bangladesh, Belarus, Belgium, Bolivia, Brazil, Britain, Bulgaria, Cambodia, Cameroon,
    Canada, Chile, China, Colombia, Costa Rica, Croatia, Cuba, Cyprus, Czech Republic, Denmark,
    Dominican Republic, Ecuador, Egypt, El Salvador, England, Estonia, Ethiopia, Fiji, Finland,
    France, Germany, Ghana, Greece, Guatemala, Haiti, Honduras, Hungary, Iceland, India,
    Indonesia, Iran, Iraq, Ireland, Israel, Italy, Jamaica, Japan, Kazakhstan, Kenya, Kosovo,
    Kuwait, Latvia, Lebanon, Liberia, Libya, Lithuania, Luxembourg, Malaysia, Mali, Malta,
    Mexico, Moldova, Mongolia, Morocco, Mozambique, Myanmar, Nepal, Netherlands, New Zealand,
    Nicaragua, Niger, Nigeria, North Korea, Norway, Pakistan, Panama, Paraguay, Peru,
    Philippines, Poland, Portugal, Qatar, Romania, Russia, Rwanda, Saudi Arabia, Scotland,
    Senegal, Serbia, Singapore, Slovakia, Slovenia, Somalia, South Africa, South Korea, Spain,
    Sri Lanka, Sudan, Sweden, Switzerland, Syria, Taiwan, Tanzania, Thailand, Tunisia, Turkey,
    Uganda, Ukraine, United Arab Emirates, United Kingdom, Uruguay, Uzbekistan, Venezuela,
    Vietnam, Wales, Yemen, Zambia, Zimbabwe
    """.split(",")
)
STATES = frozenset(
    name.strip()
    for name in """
    Alabama, Alaska, Arizona, Arkansas, California, Colorado, Connecticut, Delaware, Florida,
    Hawaii, Idaho, Illinois, Indiana, Iowa, Kansas, Kentucky, Louisiana, Maine, Maryland,
    Massachusetts, Michigan, Minnesota, Mississippi, Missouri, Montana, Nebraska, Nevada,
    New Hampshire, New Jersey, New Mexico, North Carolina, North Dakota, Ohio, Oklahoma, Oregon,
    Pennsylvania, Rhode Island, South Carolina, South Dakota, Tennessee, Texas, Utah, Vermont,
    Virginia, West Virginia, Wisconsin, Wyoming
    """.split(",")
)
# Nouns that a question may ask "which" of.
PERSON_NOUNS = frozenset(
    """
    actor actress singer rapper comedian author director producer artist model musician senator
    congressman congresswoman governor mayor president justice judge billionaire quarterback
    pitcher golfer coach astronaut pope king queen prince princess host anchor journalist
    scientist lawyer attorney economist player star chef designer founder filmmaker songwriter
    """.split()
)
THING_NOUNS = frozenset(
    """
    company airline automaker carmaker manufacturer retailer chain restaurant bank firm startup
    network newspaper magazine website app platform service agency organization group nonprofit
    charity union party league team club university college school church museum hospital film
    movie show series sitcom drama book novel album song podcast game franchise festival award
    awards drug vaccine virus variant disease bill law treaty hurricane storm wildfire volcano
    telescope rocket spacecraft satellite mission planet moon asteroid island city town village
    county region province river lake park beach airport stadium tournament race breed species
    band duo brand drink cereal snack toy car truck suv tower ship plane helicopter missile
    country state nation capital continent language holiday building bridge prison militia
    committee court
    """.split()
)
# The kind of a name by its last word.
ENDINGS = dict(
    pair.split("=")
    for pair in """
    University=university College=college School=school Court=court Department=department
    Agency=agency Airlines=airline Airways=airline County=county River=river Lake=lake Park=park
    Island=island Islands=islands Airport=airport Stadium=stadium Hospital=hospital
    Museum=museum Inc=company Corp=company Motors=company Bank=bank Church=church
    Festival=festival Awards=awards Committee=committee Association=association
    Foundation=foundation Institute=institute Administration=agency Act=law Province=province
    Party=party Prize=prize Bowl=game Telescope=telescope Times=newspaper Post=newspaper
    Union=union Beach=place Bridge=bridge Mountain=mountain Mountains=mountains Ocean=ocean
    Sea=sea Street=street Avenue=street Hotel=hotel
    """.split()
)
# What stands before a name and is no part of it.
TITLES = frozenset(
    """
    President Vice Prime Minister Mr. Mrs. Ms. Dr. Sen. Rep. Gov. Gen. Lt. Col. Sgt. Capt. Maj.
    Adm. Rev. Judge Justice Chief Secretary Attorney General Speaker Senator Governor Mayor
    Republican Republicans Democrat Democratic Democrats Former Sir Queen King Prince Princess
    Pope Director Coach Sheriff Officer Detective Foreign House Senate Majority Minority Leader
    Chairman Professor Press State Deputy First Lady Rep Sen Gov Dr Mr Mrs Ms CEO Chancellor
    U.S. US British French Russian Ukrainian Chinese American Actor Actress Rapper Singer
    Representative Congressman Defense Treasury
    """.split()
)
# What many names begin with that are no person's.
NO_FIRST_NAMES = frozenset(
    """
    North South East West New San Los Las Saint St Supreme United Royal General White Black
    American National World Fort Mount Lake Port Santa El La Le Great Red Blue Green Big High
    Wall Capitol House Fox Air Goldman Morgan Wells JPMorgan Johns Bank European British Hong
    Saudi Sri Costa Puerto Prime Super Grand
    """.split()
)
