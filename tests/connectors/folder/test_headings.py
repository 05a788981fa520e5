"""Headings as the CRMs export them."""

from __future__ import annotations

import pytest

from crm_ext.connector_api import Level, Stream
from tests.connectors.folder.support import PEOPLE, bad, folder, records

EXPORTS = {
    "hubspot contacts": (
        "hubspot-crm-exports-all-contacts.csv",
        (
            "Record ID,First Name,Last Name,Email,Phone Number,Contact owner,"
            "Primary Associated Company ID,Job Title,Create Date,Last Modified Date"
        ),
        "51,Nora,Ashdown,nora@example.com,+44 1,Mara Finch,9,buyer,2026-01-05 08:00,2026-06-03 14:05",
        Stream.CONTACTS,
        {"id": "51", "name": "Nora Ashdown", "owner_id": "Mara Finch", "company_id": "9", "title": "buyer"},
    ),
    "hubspot deals": (
        "hubspot-crm-exports-all-deals.csv",
        "Record ID,Deal Name,Deal Stage,Amount,Close Date,Deal owner,Is Closed Won,Associated Contact IDs,Create Date",
        "7,Seals,Contract signed,1200,2026-06-03 10:00,Mara,true,51;52,2026-05-01 10:00",
        Stream.DEALS,
        {"id": "7", "status": "won", "contact_ids": ("51", "52"), "stage": "Contract signed"},
    ),
    "hubspot calls": (
        "calls.csv",
        "Record ID,Activity date,Call direction,Call Title,Call notes,Associated Contact IDs,Activity assigned to",
        "8,2026-06-03 10:00,INBOUND,Seals,<p>Rang &amp; asked</p>,51,Mara",
        Stream.ACTIVITIES,
        {"id": "8", "type": "call", "direction": "inbound", "text": "Rang & asked", "contact_ids": ("51",)},
    ),
    "salesforce contacts": (
        "Contacts.csv",
        "Id,FirstName,LastName,AccountId,Title,Email,Phone,OwnerId,CreatedDate,LastModifiedDate",
        "003A,Nora,Ashdown,001A,Buyer,nora@example.com,1,005A,2026-01-05T08:00:00.000Z,2026-06-03T14:05:00.000+0000",
        Stream.CONTACTS,
        {"id": "003A", "name": "Nora Ashdown", "company_id": "001A", "owner_id": "005A"},
    ),
    "salesforce opportunities": (
        "Opportunity.csv",
        "Id,AccountId,Name,StageName,Amount,CloseDate,IsClosed,IsWon,OwnerId,CurrencyIsoCode",
        "006A,001A,Seals,Closed Won,3200.0,2026-06-03,true,true,005A,EUR",
        Stream.DEALS,
        {"id": "006A", "status": "won", "company_id": "001A", "currency": "EUR"},
    ),
    "odoo contacts": (
        "res.partner.csv",
        "External ID,Display Name,Company Name,Job Position,Email,Phone,Salesperson,Created on,Last Updated on",
        "res_1,Nora Ashdown,Elmstone,Buyer,nora@example.com,1,Mara,2026-01-05 08:00:00,2026-06-03 14:05:00",
        Stream.CONTACTS,
        {"id": "res_1", "name": "Nora Ashdown", "title": "Buyer", "owner_id": "Mara"},
    ),
    "espocrm cases": (
        "Case.csv",
        "ID,Number,Name,Status,Type,Description,Account ID,Contact ID,Created At,Assigned User ID",
        "k9,12,Broken seal,New,Problem,It leaks,f1,c1,2026-06-03 10:00:00,u1",
        Stream.CASES,
        {"id": "k9", "subject": "Broken seal", "kind": "service", "contact_ids": ("c1",), "status": "New"},
    ),
    "pipedrive people": (
        "people-export.csv",
        (
            "Person - ID,Person - Name,Person - Organization,Person - Email - Work,"
            "Person - Phone - Work,Person - Owner,Person - Person created"
        ),
        "5,Nora Ashdown,Elmstone,nora@example.com,1,Mara,2026-01-05 08:00:00",
        Stream.CONTACTS,
        {"id": "5", "name": "Nora Ashdown", "email": "nora@example.com", "phone": "1", "company_id": "Elmstone"},
    ),
    "zoho contacts": (
        "Contacts_2026.csv",
        (
            "Record Id,Contact Owner.id,Contact Owner,First Name,Last Name,Account Name.id,"
            "Account Name,Email,Title,Modified Time"
        ),
        "zcrm_1,zcrm_u,Mara,Nora,Ashdown,zcrm_f,Elmstone,nora@example.com,Buyer,2026-06-03 14:05:00",
        Stream.CONTACTS,
        {"id": "zcrm_1", "name": "Nora Ashdown", "owner_id": "zcrm_u", "company_id": "zcrm_f"},
    ),
    "dynamics contacts": (
        "Active Contacts.csv",
        (
            "(Do Not Modify) Contact,(Do Not Modify) Row Checksum,(Do Not Modify) Modified On,"
            "Full Name,Email,Company Name,Business Phone"
        ),
        "0a-1b,xx,2026-06-03 14:05,Nora Ashdown,nora@example.com,Elmstone,1",
        Stream.CONTACTS,
        {"id": "0a-1b", "name": "Nora Ashdown", "phone": "1"},
    ),
    "企业微信": (
        "客户列表.csv",
        "客户名称,外部联系人ID,添加人,添加时间,手机,企业,职务",
        "林海燕,wm1,小方,2026-01-05 08:00,13800000000,云溪木业,总经理",
        Stream.CONTACTS,
        {"id": "wm1", "name": "林海燕", "owner_id": "小方", "title": "总经理", "company_id": "云溪木业"},
    ),
    "纷享销客": (
        "销售记录.csv",
        "编号,销售记录内容,销售记录类型,跟进时间,联系人编号,负责人",
        "r1,聊了价格,电话沟通,2026年6月3日 14:05,c1,小方",
        Stream.ACTIVITIES,
        {"id": "r1", "type": "call", "text": "聊了价格", "contact_ids": ("c1",)},
    ),
    "销售易": (
        "商机.csv",
        "商机编号,商机名称,销售阶段,商机金额,结单日期,状态,所有人,创建日期",
        "o1,密封圈,赢单,1.2万元,2026/6/3,赢单,小方,2026/5/1",
        Stream.DEALS,
        {"id": "o1", "status": "won", "currency": "CNY", "owner_id": "小方"},
    ),
    "投诉": (
        "投诉.csv",
        "投诉编号,投诉内容,投诉时间,处理状态,结案时间,客户编号",
        "t1,漏水,2026-06-03,已结案,2026-06-05,c1",
        Stream.CASES,
        {"id": "t1", "kind": "complaint", "text": "漏水", "contact_ids": ("c1",)},
    ),
}


@pytest.mark.parametrize("export", EXPORTS)
def test_an_export_is_read_as_it_is(export, tmp_path):
    name, heading, row, stream, expected = EXPORTS[export]
    files = {name: f"{heading}\n{row}\n"} | ({} if stream is Stream.CONTACTS else {"contacts.csv": PEOPLE})
    connector = folder(tmp_path, files)
    assert bad(connector, stream) == []
    found = records(connector, stream)[0]
    assert {ours: getattr(found, ours) for ours in expected} == expected


def test_what_a_file_holds_is_told_by_its_columns_where_its_name_does_not(tmp_path):
    files = {f"{index}.csv": f"{heading}\n{row}\n" for index, (_, heading, row, _, _) in enumerate(EXPORTS.values())}
    findings = {each.name: each for each in folder(tmp_path, files).check()}
    for index, (_, _, _, stream, _) in enumerate(EXPORTS.values()):
        assert findings[f"{index}.csv"].detail.startswith(f"{stream} ("), list(EXPORTS)[index]


def test_columns_mapped_and_not_are_told(tmp_path):
    connector = folder(tmp_path, {"contacts.csv": "Contact ID,Name,Shoe size\nc1,Nora,\nc2,Ada,39\n"})
    finding = next(each for each in connector.check() if each.name == "contacts.csv")
    assert finding.level is Level.PASS
    assert "id ← Contact ID, name ← Name; not used: Shoe size" in finding.detail
    assert {each.name: each.fill for each in connector.fields(Stream.CONTACTS)} == {
        "Contact ID": 1.0,
        "Name": 1.0,
        "Shoe size": 0.5,
    }
