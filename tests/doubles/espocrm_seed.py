"""Made-up companies, people and what happened with them, for the EspoCRM double."""

from __future__ import annotations

import time

from tests.doubles.espocrm_data import Crm, text

DAY = 86_400
FIRST = ("Nora", "Ada", "伟", "Jun", "Carla", "Tomas", "美", "Ruth")
LAST = ("Whitfield", "Marsh", "陈", "Lind", "Okafor", "Silva")
NOTES = (
    "Asked what the water filter costs and wants a call next week.",
    "客户说：“净水器很好用”，愿意介绍朋友。",
    "Called to say thanks, no answer.",
    "Met at the seminar. Complained about the delivery.",
)


def seeded(contacts: int, leads: int = 0) -> Crm:
    """Contacts with an account for four of them, an opportunity for three, a case for ten, and five activities each."""
    crm = Crm()
    base = time.time() - 90 * DAY
    users = [
        crm.add("User", {"firstName": name, "userName": name, "emailAddress": f"{name}@ours.example.com"}, base)
        for name in ("ruth", "tomas", "mei")
    ]
    accounts = [
        crm.add("Account", {"name": f"Company {number} 有限公司", "website": f"https://c{number}.example.com"}, base)
        for number in range(max(1, contacts // 4))
    ]
    for number in range(contacts + leads):
        entity = "Contact" if number < contacts else "Lead"
        _person(
            crm, entity, number, account=accounts[number % len(accounts)], user=users[number % 3], at=base + 60 * number
        )
    return crm


def _person(crm: Crm, entity: str, number: int, *, account: str, user: str, at: float) -> None:
    names = {"firstName": FIRST[number % len(FIRST)], "lastName": f"{LAST[number % len(LAST)]} {number}"}
    reach = {"emailAddress": f"p{number}@example.com", "phoneNumber": f"+4420794600{number % 100:02d}"}
    person = crm.add(entity, {**names, **reach, "title": "Teacher", "assignedUserId": user}, at)
    if entity == "Contact":
        crm.rows[entity][person]["accountId"] = account
        if number % 3 == 0:
            deal = {"name": "Filters", "stage": "Closed Won", "amount": 120.5, "amountCurrency": "EUR"}
            crm.add("Opportunity", {**deal, "closeDate": text(at)[:10], "contactsIds": [person]}, at)
        if number % 10 == 0:
            crm.add("Case", {"name": "Leaks", "status": "New", "type": "Problem", "contactId": person}, at)
    _activities(crm, entity, person, number, address=reach["emailAddress"], at=at, user=user)


def _activities(crm: Crm, entity: str, person: str, number: int, *, address: str, at: float, user: str) -> None:
    who = {"contactsIds" if entity == "Contact" else "leadsIds": [person], "assignedUserId": user}
    told = {"description": NOTES[number % len(NOTES)], "dateStart": text(at + DAY)}
    crm.add("Call", {"name": "Call", "status": "Held", "direction": "Outbound", **told, **who}, at)
    crm.add("Meeting", {"name": "Visit", "status": "Held", **told, **who}, at)
    parent = {"parentType": entity, "parentId": person}
    crm.add("Task", {"name": "Call back", "status": "Completed", "dateCompleted": text(at + DAY), **parent}, at)
    mail = {"name": "Your question", "status": "Archived", "bodyPlain": NOTES[number % 4], "dateSent": text(at)}
    to = {"toEmailAddressesIds": ["a"], "toEmailAddressesNames": {"a": "ruth@ours.example.com"}}
    crm.add("Email", {**mail, "fromEmailAddressName": address, **to}, at)
    crm.add("Note", {"type": "Post", "post": NOTES[number % 4], **parent, "createdById": user}, at)
