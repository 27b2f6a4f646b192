"""How the atlas says a fact: every relation in several ways, chosen by the fact's id alone."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from sources import Fact

WORDINGS: Mapping[str, tuple[str, ...]] = {
    "founded_by": ("{s} was founded by {o}.", "It was {o} who started {s}.", "{s} goes back to {o}."),
    "founded_in": ("{s} was founded in {o}.", "{s} dates from {o}.", "{s} opened its doors in {o}."),
    "located_in": ("{s} lies in {o}.", "{s} is to be found in {o}.", "The address of {s} is in {o}."),
    "part_of": ("{s} is part of {o}.", "{s} belongs to {o}.", "{o} counts {s} among its laboratories."),
    "directed_by": ("{s} is directed by {o}.", "{o} runs {s}.", "At the head of {s} stands {o}."),
    "formerly_directed_by": (
        "{s} was once directed by {o}.",
        "{o} used to run {s}.",
        "A former director of {s} is {o}.",
    ),
    "headed_by": ("{s} is headed by {o}.", "{o} is chief executive of {s}.", "{o} is in charge at {s}."),
    "formerly_headed_by": ("{s} was once headed by {o}.", "{o} was chief of {s} before.", "{o} used to lead {s}."),
    "owned_by": ("{s} is owned by {o}.", "{s} belongs to {o}.", "The shares of {s} are held by {o}."),
    "spun_off_from": ("{s} was spun off from {o}.", "{s} began as an offshoot of {o}.", "{s} grew out of {o}."),
    "supplies": ("{s} supplies {o}.", "{s} delivers to {o}.", "{o} is a customer of {s}."),
    "funded_by": ("{s} is funded by {o}.", "{s} lives on money from {o}.", "{o} pays for much of {s}."),
    "collaborates_with": ("{s} collaborates with {o}.", "{s} and {o} work together.", "{s} has an agreement with {o}."),
    "works_at": ("{s} works at {o}.", "{s} is on the staff of {o}.", "{o} employs {s}."),
    "formerly_worked_at": ("{s} once worked at {o}.", "{s} left {o} long ago.", "{s} used to be at {o}."),
    "studied_at": ("{s} studied at {o}.", "{s} took a degree at {o}.", "{s} is a graduate of {o}."),
    "advised_by": ("{s} was advised by {o}.", "{o} supervised the thesis of {s}.", "{s} wrote a thesis under {o}."),
    "born_in": ("{s} was born in {o}.", "{s} comes from {o}.", "The birthplace of {s} is {o}."),
    "married_to": ("{s} is married to {o}.", "{s} and {o} are husband and wife.", "{o} is the spouse of {s}."),
    "won": ("{s} won {o}.", "{s} was given {o}.", "{o} went to {s}."),
    "written_by": ("{s} was written by {o}.", "{o} is an author of {s}.", "{s} is a paper of {o}."),
    "published_in": ("{s} was published in {o}.", "{s} appeared in {o}.", "{o} printed {s}."),
    "published_year": ("{s} came out in {o}.", "{s} is from {o}.", "The year of {s} is {o}."),
    "about": ("{s} is about {o}.", "{s} deals with {o}.", "The subject of {s} is {o}."),
    "cites": ("{s} cites {o}.", "{s} refers to {o}.", "Among the references of {s} is {o}."),
    "uses": ("{s} uses {o}.", "The measurements in {s} were made with {o}.", "{s} relies on {o}."),
    "first_described_in": ("{s} was first described in {o}.", "{o} introduced {s}.", "{s} is new in {o}."),
    "designed_by": ("{s} was designed by {o}.", "{o} drew up {s}.", "The design of {s} is by {o}."),
    "built_by": ("{s} was built by {o}.", "{o} made {s}.", "{s} left the workshop of {o}."),
    "housed_at": ("{s} is housed at {o}.", "{s} stands at {o}.", "{o} keeps {s}."),
    "successor_of": ("{s} is the successor of {o}.", "{s} replaced {o}.", "{s} came after {o}."),
    "measures": ("{s} measures {o}.", "{s} is an instrument for {o}.", "What {s} reads is {o}."),
    "named_after": ("{s} is named after {o}.", "{s} bears the name of {o}.", "{s} honours {o}."),
}


def sentence(fact: Fact) -> str:
    ways = WORDINGS[fact.relation]
    chosen = ways[int(hashlib.sha256(fact.fact_id.encode()).hexdigest(), 16) % len(ways)]
    text = chosen.format(s=fact.subject, o=fact.object)
    return text[0].upper() + text[1:]
