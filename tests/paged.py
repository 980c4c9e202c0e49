"""A PDF of several pages as people have them: two columns, a page on its side, accented words."""

from __future__ import annotations

import io

import pypdfium2
from fpdf import FPDF

LEFT = (
    "The harbour of Olm was closed in the night of the storm, and stayed closed longer than "
    "anybody had thought. The harbour was shut for 41 days after the storm. The breakwater had "
    "lost some 300 tonnes of stone, and two cranes lay in the basin. Divers from the coast guard "
    "looked at the quay walls every morning and wrote down what they saw."
)
RIGHT = (
    "When the harbour opened again, the mayor counted 17 ships on the first morning. Fishermen "
    "sold 900 crates of herring on the quay; one of them had brought 300 alone. The lighthouse "
    "keeper said that he had not seen so many lamps on the water since 1987."
)
ACCENTS = (
    "Señora Zoë Müller, who keeps the café at the old mole, served 260 bowls of crème brûlée "
    "and bouillabaisse. Her neighbour Åse Ångström baked naïve little façades of gingerbread. "
    "Händel was played at 8 in the evening."
)
ROWS = (
    ("Berth", "Vessel", "Arrived", "Crates"),
    ("3", "Albatross", "5 May 2024", "300"),
    ("4", "Gull of Olm", "5 May 2024", "120"),
    ("7", "Kittiwake", "6 May 2024", "480"),
)


def report() -> bytes:
    """Three pages: two columns, a table on its side, accented words under a photograph."""
    made = FPDF()
    made.set_title("The harbour of Olm after the storm")
    made.set_author("Harbour Office")
    made.add_page()
    _head(made, "The harbour of Olm after the storm")
    made.set_font("Times", size=11)
    top = made.get_y()
    for column, text in enumerate((LEFT, RIGHT)):
        made.set_xy(20 + 90 * column, top)
        made.multi_cell(80, 5.5, text, align="L")
    made.add_page()
    with made.rotation(90, x=105, y=148.5):  # an A4 page on its side begins at (-43.5, 43.5)
        made.set_font("Times", style="B", size=18)
        made.text(-18, 70, "Arrivals in the first week")
        made.set_font("Times", size=12)
        for n, row in enumerate(ROWS):
            for cell, words in enumerate(row):
                made.text(-18 + 55 * cell, 90 + 9 * n, words)
        made.text(-18, 140, "The Kittiwake brought 480 crates to berth 7 on the second day.")
    made.add_page()
    _head(made, "What was eaten")
    made.set_fill_color(170, 190, 205)
    made.rect(20, 45, 170, 70, style="F")
    made.set_xy(20, 122)
    made.set_font("Times", size=11)
    made.multi_cell(170, 5.5, ACCENTS, align="L")
    return _on_its_side(bytes(made.output()))


def _head(made: FPDF, words: str) -> None:
    made.set_xy(20, 22)
    made.set_font("Times", style="B", size=18)
    made.cell(0, 10, words)
    made.set_xy(20, 40)


def _on_its_side(data: bytes) -> bytes:
    """The same, the second page as LaTeX leaves a wide table: written upwards, shown turned."""
    file = pypdfium2.PdfDocument(data)
    file[1].set_rotation(90)
    copy = io.BytesIO()
    file.save(copy)
    return copy.getvalue()
