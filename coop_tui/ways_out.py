"""The ways out of this installation, from its settings: mail server or local folder, gateways for SMS and billers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from coop_tui.settings import Settings
from data.secrets import Secrets
from services.approval_ends import expire_due
from services.biller_gateway import BillerGateway
from services.biller_orders import settle_due
from services.checkpoints import checkpoint
from services.contacts import apply_due
from services.daily_reconciliation import DailyReconciliation
from services.folder_sms import FolderSms
from services.mail_messages import MailIdentity
from services.maildir import MaildirMail
from services.pattern_run import PatternWatch
from services.portal_throttles import purge
from services.proposals import expire_proposals
from services.recording_upkeep import end_lost, purge_recordings
from services.schedule_runs import run_due
from services.sealed_slip import purge_slips
from services.statement_mails import mail_statements
from services.temporary_passwords import wipe_over
from services.transports import MailTransport, SmsGateway, SmsTransport, SmtpMail, Transports
from services.worker import Task


def transports_of(settings: Settings, secrets: Secrets) -> Transports:
    """Mail and SMS as the settings say. Without a mail server the mail lands in a private local folder.

    So do text messages where nothing leaves this machine. With a mail server and no gateway they wait and expire: a
    real member's code must not lie where the desk could read it.
    """
    identity = MailIdentity() if settings.smtp_from is None else MailIdentity(sender=settings.smtp_from)
    mail: MailTransport = MaildirMail(settings.maildir)
    if settings.smtp_host is not None:
        mail = SmtpMail(
            settings.smtp_host,
            settings.smtp_port,
            settings.smtp_tls,
            settings.smtp_user,
            secrets.smtp_password,
            identity.sender,
        )
    sms: SmsTransport | None = None
    if settings.sms_url is not None:
        sms = SmsGateway(settings.sms_url, secrets.sms_token)
    elif (folder := settings.sms_folder) is not None:
        sms = FolderSms(folder)
    return Transports(mail, sms, identity)


def biller_gateway_of(settings: Settings, secrets: Secrets) -> BillerGateway | None:
    """The gateway through which outside billers are paid, or None: then nobody outside is paid from here."""
    if settings.billers_url is None:
        return None
    return BillerGateway(settings.billers_url, secrets.billers_token)


def worker_tasks(settings: Settings, secrets: Secrets) -> Sequence[Task]:
    """What the worker does each round beside delivering: due changes and payments, orders at billers, what is
    over, checkpoints."""
    gateway = biller_gateway_of(settings, secrets)
    return (
        apply_due,
        expire_due,
        expire_proposals,
        partial(run_due, bills=gateway is not None),
        partial(settle_due, gateway=gateway),
        DailyReconciliation(gateway),
        mail_statements,
        wipe_over,
        purge,
        PatternWatch(),
        end_lost,
        purge_recordings,
        partial(purge_slips, settings.slips_folder),
        partial(checkpoint, path=settings.checkpoints_path),
    )
