"""The EspoCRM of the contract tests in its known state."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.doubles.espocrm_data import Crm, text

START = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
T0 = START.timestamp()
DAY = 86_400
NOTE = "客户说：“净水器很好用”\nWants a call & a leaflet."
OWNED = {"assignedUserId": "u1"}


def at(days: float) -> datetime:
    return datetime.fromtimestamp(T0 + days * DAY, UTC)


def known_state() -> Crm:
    """Three contacts, two leads, three accounts, deals of each status, cases, and activities of each kind and more."""
    crm = Crm()
    ruth = {"firstName": "Ruth", "lastName": "Lind", "userName": "ruth", "emailAddress": "ruth@ours.example.com"}
    crm.add("User", ruth | {"isActive": True}, T0, "u1")
    crm.add("User", {"userName": "tomas", "emailAddress": "tomas@ours.example.com", "isActive": False}, T0, "u2")
    well = {"name": "Blue Well 蓝井", "website": "https://www.bluewell.example.com/shop", "industry": "Retail"}
    crm.add("Account", well | {"type": "Customer"} | OWNED, T0, "a1")
    crm.add("Account", {"name": "Second"}, T0, "a2")
    crm.add("Account", {"name": "Third", "website": "third.example.com"}, T0 + 1, "a3")
    nora = {"firstName": "Nora", "lastName": "Whitfield", "title": "Teacher", "emailAddress": "Nora@example.com"}
    more = {
        "phoneNumber": "+442079460001",
        "accountId": "a1",
        "description": "customer",
        "_more": ["n@home.example.com"],
    }
    crm.add("Contact", nora | more | OWNED, T0, "c1")
    crm.rows["Contact"]["c1"]["createdAt"] = text(T0 - DAY)
    crm.add("Contact", {"firstName": "伟", "lastName": "陈", "phoneNumber": "+861000000000"}, T0 + 5, "c2")
    crm.add("Contact", {"lastName": "Only", "emailAddress": "only@example.com"}, T0 + 5, "c3")
    crm.add(
        "Lead", {"firstName": "Li", "lastName": "Mei", "emailAddress": "li@example.com", "title": "Owner"}, T0, "l1"
    )
    crm.add("Lead", {"lastName": "Brook", "status": "New"}, T0, "l2")
    add_deals(crm)
    add_cases(crm)
    add_activities(crm)
    return crm


def add_deals(crm: Crm) -> None:
    won = {"name": "Filters", "stage": "Closed Won", "amount": 1250.5, "amountCurrency": "EUR", "leadSource": "Call"}
    links = {"accountId": "a1", "contactId": "c1", "contactsIds": ["c1", "c2"]}
    crm.add(
        "Opportunity", {**won, **links, **OWNED, "closeDate": "2026-06-01", "createdAt": text(T0 - DAY)}, T0 + DAY, "d1"
    )
    crm.rows["Opportunity"]["d1"]["createdAt"] = text(T0 - DAY)
    crm.add("Opportunity", {"name": "Lost one", "stage": "Asleep", "closeDate": "2027-01-01"}, T0, "d2")
    crm.add("Opportunity", {"name": "Open one", "stage": "Tasting", "closeDate": "2027-01-01"}, T0, "d3")


def add_cases(crm: Crm) -> None:
    complaint = {"name": "Leaks", "description": "It leaks", "status": "Closed", "type": "Problem", "priority": "High"}
    crm.add("Case", {**complaint, "accountId": "a1", "contactId": "c1", **OWNED}, T0, "k1")
    crm.rows["Case"]["k1"]["modifiedAt"] = text(T0 + 4 * DAY)
    crm.add("Case", {"name": "Where is it", "status": "New", "leadId": "l1"}, T0, "k2")


def add_activities(crm: Crm) -> None:
    call = {"name": "Thanks", "description": "Called to say thanks", "direction": "Inbound", "status": "Held"}
    deal = {"parentType": "Opportunity", "parentId": "d1", "accountId": "a1"}
    visit = {"name": "Visit", "description": "Met", "dateStart": text(T0 + DAY), "contactsIds": ["c1"]}
    crm.add("Call", {**call, **deal, **OWNED, "dateStart": text(T0), "contactsIds": ["c1", "c2"]}, T0, "t1")
    crm.add("Call", {"name": "Nobody there", "status": "Not Held", "dateStart": text(T0), "leadsIds": ["l1"]}, T0, "t2")
    crm.add("Meeting", {**visit, "status": "Held"}, T0, "t1")
    crm.add("Meeting", {**visit, "status": "Planned", "dateStart": None, "dateStartDate": "2026-06-03"}, T0, "t4")
    parent = {"parentType": "Contact", "parentId": "c1"}
    crm.add("Task", {"name": "Call back", "status": "Not Started", **parent}, T0, "t5")
    crm.add("Task", {"status": "Completed", "dateCompleted": text(T0 + 2 * DAY), "contactId": "c1"}, T0, "t6")
    add_mails(crm)
    crm.add("Note", {"type": "Post", "post": NOTE, **parent, "createdById": "u1"}, T0, "n1")
    crm.add("Note", {"type": "Post", "post": "second", "parentType": "Account", "parentId": "a2"}, T0, "n2")
    crm.add("Note", {"type": "Update", "post": None, **parent}, T0, "n3")
    crm.add("Note", {"type": "Post", "post": "third", **parent}, T0, "n4")


def add_mails(crm: Crm) -> None:
    ours = {"fromEmailAddressName": "ruth@ours.example.com", "status": "Sent", "dateSent": text(T0)}
    to = {"toEmailAddressesIds": ["e1", "e2"], "ccEmailAddressesIds": ["e3"]}
    names = {"toEmailAddressesNames": {"e1": "nora@example.com", "e2": "who@example.org"}}
    crm.add("Email", {"name": "Offer", "body": "<p>Hello</p>", **ours, **to, **names}, T0, "m1")
    crm.rows["Email"]["m1"]["ccEmailAddressesNames"] = {"e3": "li@example.com"}
    theirs = {"fromEmailAddressName": "n@home.example.com", "status": "Archived", "dateSent": text(T0 + DAY)}
    crm.add("Email", {"name": "Away", "bodyPlain": "Until Monday", "isAutoReply": True, **theirs}, T0, "m2")
    crm.add("Email", {"name": "Unsent", "status": "Draft", "createdById": "u1"}, T0, "m3")
