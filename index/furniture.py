"""What a page says about itself: buttons, forms, teasers, adverts, notices.

A line is furniture only if its own form says so: all of it is a button's text,
or it opens like one, or it tells the reader what to do with the page. A word
such as "click here" somewhere inside a reported paragraph says nothing.
"""

from __future__ import annotations

import re

from pincite.index.lines import MARKER, Line

# -- buttons and labels: the whole line ----------------------------------------------------

_BUTTON = re.compile(
    r"""(?:
    advertisements? | ad(?:\ feedback)? | advertising | sponsored(?:\ content)? | promoted
  | story\ continues\ below(?:\ advertisement)? | article\ continues.{0,30}
      | scroll\ to\ continue.{0,30}
  | (?:share|tweet|e-?mail|print|save|pin|post|copy\ link|send|whatsapp|telegram|linkedin|facebook
      |reddit
      |twitter|instagram|pinterest|flipboard|messenger|youtube|tiktok|\||,|/|•|\s)+
  | share\ (?:this|on|via|with|the)\b.{0,40} | comments?(?:\ \(\d+\))?
      | \(?\d[\d,]*\)?\ (?:comments?|shares?|posts?|likes|views)
  | (?:view|show|load|leave|post|add|write|join|see)\ (?:a\ |all\ |more\ |your\ |the\ )*
      (?:comments?|reply|replies|conversation|posts|stories|articles|news|results|photos|images
      |videos)
  | reply | submit | cancel(?:\ reply)? | report(?:\ ad)? | menu | search | close | home
      | skip\ to.{1,30} | back\ to\ top
  | (?:main\ )?navigation | sign\ (?:in|up|out)(?:\ (?:now|here))? | log\ ?(?:in|out) | register
      | subscribe(?:\ (?:now|today|here))?
  | create\ (?:an\ )?account | my\ account | donate(?:\ now)? | follow(?:\ us)?(?:\ on.{0,30})?
      | follow\ (?:along|live)
  | read\ (?:more|next|full\ (?:story|article)|the\ full\ (?:story|article)) | see\ more
      | show\ (?:more|less) | learn\ more
  | load\ more | view\ (?:all|more) | more | next | previous | (?:next|previous)\ (?:article|story
      |post|page)
  | continue(?:\ reading)? | (?:click|tap)\ (?:here|to\ \w+)(?:\ .{0,40})?
  | up\ next | replay | now\ playing | must\ watch | more\ videos(?:\ \.\.\.)? | watch\ (?:now|live
      |this|next)
  | (?:hide|show|toggle)\ captions? | listen(?:\ to\ (?:this\ )?article)?
      | \d+\ ?-?\ ?min(?:ute)?s?\ (?:read|listen|watch)
  | sort\ by.{0,40} | filter(?:\ by.{0,30})? | most\ (?:read|popular|viewed|shared|recent)
      | trending(?:\ now)?
  | top\ (?:stories|news) | latest\ (?:news|stories) | popular(?:\ now)?
      | editors?['’]?s?\ (?:picks|choice)
  | newsletters? | privacy(?:\ policy|\ notice)? | terms\ (?:of|and|&)\ (?:use|service|conditions)
      | cookies?(?:\ policy|\ settings)?
  | accept(?:\ all)?(?:\ cookies)? | contact(?:\ us)? | about(?:\ us)? | all\ rights\ reserved
      | gallery | live\ tv
  | (?:name|e-?mail|website|comment|your\ name|your\ e-?mail)\ ?\*? | tags?:.{0,120}
      | topics:.{0,120} | filed\ under:?.{0,120}
  | image\ source.{0,60} | getty\ images | enlarge(?:\ this)?\ image | related\ topics?
      | advertisement\ \d+
  )[\s:.…>»›→*!]*""",
    re.IGNORECASE | re.VERBOSE,
)

# Labels of a box: what stands under them are teasers, not text.
_BOX_LABEL = re.compile(
    r"""(?:other\ topics\ of\ interest | related(?:\ (?:articles?|stories|content|coverage|news
      |posts|reading|links|headlines))?
  | recommended(?:\ (?:for\ you|reading|articles|stories))? | you\ (?:may
      |might)\ (?:also\ )?(?:like|be\ interested\ in)
  | (?:see|read|watch)\ also | also\ read | just\ watched | read\ next | what\ to\ read\ next
      | more\ (?:on\ this(?:\ story|\ topic)?|stories|coverage|articles|like\ this)
  | more\ (?:from|on)\ .{2,40} | most\ (?:read|popular) | trending(?:\ now)? | don['’]t\ miss
      | read\ more\ on\ this(?:\ story)?
  | read\ more | up\ next | top\ stories | more\ coverage\ .{2,40}
      | more\ news(?:\ .{2,40})? )\s*(?P<colon>:?)[\s…>»]*""",
    re.IGNORECASE | re.VERBOSE,
)

# -- openings ------------------------------------------------------------------------------

_OPENING = re.compile(
    r"""(?:
    your\ e-?mail\ address\ will\ not | required\ fields\ are | save\ my\ name,?\ e-?mail
      | this\ site\ uses\ akismet
  | (?:we|this\ (?:web)?site)\ uses?\ cookies | by\ (?:signing\ up|subscribing|clicking|continuing
      |registering|submitting|using\ this\ (?:web)?site)\b.{0,80}\b(?:agree|accept|consent)
  | to\ (?:suggest|report|submit)\ (?:a\ |an\ )?(?:correction|error|typo|clarification)
      | you\ can\ also\ highlight\ the\ text
  | (?:if\ you\ )?(?:found|find|spotted|notice)\ (?:a|an)\ (?:typo|error|mistake|spelling)
  | video\ player\ was\ slow | (?:\d+\.\ )?how\ relevant\ is\ this\ ad
      | (?:\d+\.\ )?did\ you\ encounter\ any\ technical
  | video\ ad\ feedback | just\ watched\b | hit\ play\ on\ the\ player
      | this\ transcript\ was\ automatically
  | (?:©|\(c\)|copyright\ (?:©|\(c\)|\d{4}|by\b)) | all\ rights\ reserved
      | this\ material\ may\ not\ be\ published
  | (?:an?\ )?(?:earlier|previous|original|shorter|longer)?\ ?version\ of\ this\ (?:story|article
      |post|piece|report|column|analysis)\b
  | this\ (?:story|article|post|report|page|list|piece|video)\ (?:has\ been|was|is
      |will\ be)\ (?:being\ |also\ |originally\ |first\ |last\ |a\ |part\ of
      \ |continually\ )*(?:updated|corrected|clarified|developing|republished|published|breaking)
  | (?:this\ is\ a\ )?(?:developing|breaking)\ (?:news\ )?story\b.{0,60}(?:updated|updates
      |check\ back)
  | (?:corrections?(?:\ (?:&|and)\ clarifications?)?|clarifications?|updates?\ and\ corrections
      |editor['’]?s['’]?\ note)\s?:
  | editor['’]s\ note\s*[-–—(]
  | (?:prices|products)\ (?:were|are)\ (?:accurate|correct|current|in\ stock)\ (?:at|as)
      | purchases\ you\ make\ through
  | recommendations\ are\ independently | (?:we|our\ \w+)\ may\ (?:earn|receive)\ (?:a|an|money
      |commission)
  | (?:if|when)\ you\ (?:buy|purchase|click)\b.{0,60}\bwe\ may\ (?:earn|get|receive)
  | our\ (?:fact[- ]check(?:ing)?\ )?work\ is\ supported | if\ you\ wish\ to\ object\ to\ the\ use
  | we\ will\ use\ (?:your|the)\ (?:details|information|data|email)
      | thank\ you\ for\ (?:supporting|subscribing|reading|signing)
  | would\ you\ like\ to\ receive\b.{0,60}\bnewsletter | support\ (?:local|our|independent
      |quality)\ journalism
  | (?:please\ )?(?:enable|turn\ on)\ javascript | your\ browser\ (?:does\ not|is\ out)
      | the\ views\ expressed\ (?:here|in\ this)
  | get\ (?:our|the|your|a|all)\b.{0,70}\b(?:newsletters?|inbox)\b | get\ .{1,50}\b(?:in
      |to)\ your\ inbox
  | get\ [^.]{1,40}\bnewsletter\ sign\ up | subscribe\ to\ (?:our|the)\b | download\ (?:our
      |the)\ .{0,30}\bapp\b
  | have\ (?:a|any)\ (?:tip|question|story|news\ tip)s?\b.{0,60}\? | send\ (?:us|tips|your|him|her
      |them)\b.{0,60}@
  | (?:read|see|find|learn)\ more(?:\ (?:about|from|on|at|in|of|here)\b|\s*[:»>…]|$)
      | read\ (?:also|next|this)\s?: | also\ read\b
  | (?:reach|contact|e-?mail|write\ to|tweet)\ [^.]{0,80}(?:@|\bat\ \(?\d{3}\)?[-. ]\d{3}
      |\bon\ (?:twitter|x|facebook|instagram)\b)
  | follow\ (?:[^.]{0,80}@|(?:us|me|him|her|them)\b|[^.]{1,90}\b(?:on|at)\ (?:twitter|x|facebook
      |instagram|tiktok|social)\b)
  | follow\ (?:every|along|live|all\ the)\b.{0,30}: | (?:get|buy|shop)\ (?:the
      \ |an?\ )?.{3,150}\$[\d,.]+$
  | (?:like|join|find)\ us\ on\b | join\ (?:the|our)\ (?:conversation|discussion|newsletter|channel
      |telegram|whatsapp|facebook)
  | (?:news|sports|the)\ (?:news\ )?tip\s?\? | stay\ (?:in\ the\ (?:loop|conversation)
      |up[- ]to[- ]date|connected|tuned)\b.{0,30}:
  | subscribe\ (?:to|now|today|here)\b.{0,120}(?:newsletter|inbox|podcast|channel|digital|today
      |here)
  | (?:for|to\ get|to\ read|to\ see)\ (?:more|the\ (?:latest|full))\b.{0,120}\b(?:click|visit
      |sign\ up|subscribe|follow|go\ to)\b
  | want\ more\b.{0,100}\?
  )""",
    re.IGNORECASE | re.VERBOSE,
)

# A teaser's marker, then its headline: "More: ...", "READ MORE:...", "Related | ...".
_TEASER = re.compile(
    r"(?:more|more (?:on|from|coverage|details|photos|news|info(?:rmation)?)\b[^:.]{0,40}|read"
    r"|read more|read also|also read|"
    r"see also|see more|also see|also|see|watch|listen|photos?|video|gallery|slideshow|related"
    r"|recommended|exclusive|opinion|analysis"
    r"|live updates|live blog|fact check|podcasts?|quiz|poll|graphics?|interactive|you may like"
    r"|don['’]t miss|subscribers?(?: only)?|for subscribers"
    r"|read the (?:full |whole )?(?:story|article)(?: here)?|full (?:story|coverage)|review"
    r"|preview|explainer|special report|newsletter)\s?[:|]\s*(?=\S)",
    re.IGNORECASE,
)
_SPEAKS_OF_ITSELF = frozenset(
    ("exclusive", "opinion", "analysis", "review", "preview", "explainer", "video", "also")
)

# A link's text in bold, its colon glued to the headline: "Flooded with trouble:The farms ...".
_GLUED_COLON = re.compile(
    r"(?=.{2,75}?[^\W_][\"'”’?!)]{0,2}:\S)(?=[^:]*[^\W\d_]{3})"
    r"[^:]{2,75}:(?=[A-Z“\"‘'’0-9])(?!\d\d)"
)
_CAPITAL_LEAD = re.compile(
    r"(?=[^:]*[A-Z]{2}[^:]*\s)[A-Z0-9&$'’\"“”?!.,\s/-]{8,60}: ?(?=[A-Z0-9'\"‘“])"
)
_URL = re.compile(r"(?:https?://|www\.)\S+")

# -- what a sentence tells the reader to do with the page ----------------------------------

_IMPERATIVE = (
    r"(?:please\s+)?(?:click|tap|read|see|watch|listen|check|find|learn|view|visit|download"
    r"|subscribe|"
    r"sign up|follow|get|take|vote|register|donate|support|explore|browse|try|play|hear|join|send"
    r"|tell us)"
)
_HERE = re.compile(
    rf"(?:^|[.!?:)”\"’]\s+|\b(?:coverage|updates|information|details|more)\b[^.!?]{{0,60}},\s+)"
    rf"(?P<order>{_IMPERATIVE})\b(?:[^.!?]|\.(?=\S)){{0,120}}?\bhere\b[\s.:!)>»…\"”]*$",
    re.IGNORECASE,
)
_ENROL = re.compile(
    r"(?:^|[.!?:)]\s+|newsletters?\s+|journalism\s+)"
    r"(?:Sign up|Subscribe|Not a subscriber|You can (?:also )?(?:sign up|subscribe|get)"
    r"|Consider (?:supporting|subscribing))\b[^.]{0,120}\b(?:newsletters?|inbox|here|alerts"
    r"|e-?mails?|podcasts?|updates|subscriber|journalism|today)\b",
    re.IGNORECASE,
)
_REACH = re.compile(
    r"\b(?:[Rr]each|[Rr]eached|[Cc]ontact|[Ee]-?mail|[Ww]rite to|[Ss]end)\s+"
    r"(?:him|her|me|the reporter|the author)\b[^.]{0,60}(?:@|\(at\)|\bhere\b"
    r"|\b(?:on|via) (?:Twitter|X|Facebook|Instagram)\b|\bat \(?\d{3}\b)"
    r"|(?:^|[.!?:)]\s+|\band |\bor )[Ff]ollow\s+(?:him|her|them|me|us|[A-Z][\w’']+)\b[^.]{0,60}"
    r"(?:@|\b(?:on|at|via) (?:Twitter|X|Facebook|Instagram|TikTok)\b)|\b[Ff]ollow @\w"
    r"|\b(?:reached|contacted) at [\w.+-]+@|\bon (?:Twitter|X|Instagram)[ :,]+(?:at )?@\w+"
)
_ABOUT_PAGE = re.compile(
    r"\bcontent partner\b|\bearn (?:us|a commission|an? affiliate)|\baffiliate (?:links?"
    r"|commission)|\bsubscriber-only\b"
    r"|\b(?:details|information) you have shared\b|\buse of your data\b|\bunsubscribe\b"
    r"|\bmade possible (?:in part )?by a grant"
    r"|\bnewsletter provides you\b|\bnewsletter .{0,40}\bdelivered\b|\baccept our (?:terms"
    r"|cookies)|\bdelivered (?:right |straight |directly )?to your inbox"
    r"|\bexpressed in this (?:commentary|article|piece|column|op-ed)\b"
    r"|\bsubscribe to the newsletter\b"
    r"|\b(?:brands|partners) as detailed here\b|\d:\d\d - Source:",
    re.IGNORECASE,
)
_REACH_WORDS = ("@", "(at)", "twitter", "facebook", "instagram", "follow", " on x", "via x", "here")
_ABOUT_WORDS = (
    *("partner", "earn ", "affiliate", "subscriber-only", "you have shared", "your data", "inbox"),
    *("unsubscribe", "by a grant", "newsletter", "accept our", "expressed in this"),
    *(" - source:", "as detailed here"),
)
_SOCIAL = re.compile(
    r"facebook|twitter|instagram|pinterest|youtube|tiktok|linkedin|snapchat", re.IGNORECASE
)


def is_furniture(line: Line) -> bool:
    """Whether a line is furniture by its own form."""
    text = line.text
    if not any(map(str.isalnum, text)):
        return True
    if len(text) > 600:
        return False
    if marker := MARKER.match(text):
        text = text[marker.end() :]
    if len(text) <= 140 and _BUTTON.fullmatch(text):
        return True
    if _URL.fullmatch(text) or box_label(line):
        return True
    if _OPENING.match(text.lstrip('(*[_“" ')):
        return True
    if is_teaser(line):
        return True
    return _addresses_reader(text)


def _addresses_reader(text: str) -> bool:
    if len(text) > 450:
        return False
    # Each pattern is tried only where the word it turns on is there: most lines have none.
    lower = text.lower()
    if lower.rstrip(' .:!)>»…"”').endswith("here") and (order := _HERE.search(text)):
        # A paragraph may end in a pointer to another page; an advert is one.
        share = (len(text) - order.start("order")) / len(text)
        if share >= 0.4 or order["order"].lower().startswith(("click", "tap", "sign", "subscribe")):
            return True
    if ("sign up" in lower or "subscri" in lower) and _ENROL.search(text):
        return True
    if any(word in lower for word in _REACH_WORDS) and _REACH.search(text):
        return True
    if any(word in lower for word in _ABOUT_WORDS) and _ABOUT_PAGE.search(text):
        return True
    return text.count("|") >= 2 and len(_SOCIAL.findall(text)) >= 2


def is_teaser(line: Line) -> bool:
    """Whether a line is another article's headline, by the marker or the glue at its front."""
    text = line.text
    if marker := MARKER.match(text):
        text = text[marker.end() :]
    if len(text) > 220 or text[0].islower():
        return False
    if match := _TEASER.match(text):
        bare = match.group().rstrip(": |").lower()
        if bare not in _SPEAKS_OF_ITSELF or not text[match.end() - 1].isspace():
            return len(text) < 180 or not line.is_sentence
    if len(text) <= 180 and (match := _GLUED_COLON.match(text)):
        if not line.is_sentence or text.endswith("?"):
            return True
        # A sentence after a glued label: a teaser's lead is some words, a list's label one.
        long = len(text) > 100 and " " not in match.group()
        return not (marker or long or text[match.end()] in '“"')
    if line.is_sentence and not text.endswith("?"):
        return False
    if text.startswith("More ") and _URL.search(text):
        return True
    return len(text) >= 30 and _CAPITAL_LEAD.match(text) is not None and not text.isupper()


def box_label(line: Line) -> int:
    """How many teasers may stand under a line that labels a box of them; 0 if it is no label."""
    match = _BOX_LABEL.fullmatch(line.text) if len(line.text) <= 60 else None
    if not match:
        return 0
    label = line.text.lower()
    if label.startswith(("read more", "just watched", "up next", "more")):
        return 1 if match["colon"] or label.startswith(("just", "more on this")) else 0
    return 5
