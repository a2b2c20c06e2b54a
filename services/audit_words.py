"""Every name of the audit trail in Spanish, and what a person may write to mean it."""

import re
from collections.abc import Mapping

from services.operations import Op
from services.text_cleaning import clean, fold
from services.timeline_words import RESULTS, WORDS

STAFF_WORDS: Mapping[str, str] = {
    "session.sign_in": "Ingresó",
    "session.sign_out": "Cerró su sesión",
    "session.end": "Sesión terminada",
    "session.lock": "Bloqueó la estación",
    "session.unlock": "Desbloqueó la estación",
    "session.reauthenticate": "Confirmó con su contraseña",
    "staff.change_password": "Cambió su contraseña",
    "staff.enrol_second_factor": "Registró su segundo factor",
    "staff.lock": "Usuario bloqueado por intentos",
    "staff.add": "Agregó a una persona",
    "staff.disable": "Deshabilitó a una persona",
    "staff.enable": "Habilitó a una persona",
    "staff.reset": "Restableció el acceso de una persona",
    "staff.unlock": "Desbloqueó a una persona",
    "staff.add_second": "Agregó sin otra persona a quien aprobará",
    "staff.roles": "Cambió los roles de una persona",
    "staff.rights": "Cambió los derechos de una persona",
    Op.STAFF_APPROVE.value: "Aprobó un cambio de derechos",
    "staff.relative": "Declaró un familiar",
    "program.start": "Abrió el programa",
    "program.stop": "Cerró el programa",
    "web.start": "Abrió el servidor web",
    "web.stop": "Cerró el servidor web",
    "web.open": "Un navegador abrió una sesión",
    "web.close": "La sesión de un navegador terminó",
    "web.refused": "El servidor web rechazó a un navegador",
    "store.init": "Almacén creado",
    "policy.change": "Cambió la política",
    "policy.fallback": "Volvió a la política que trae el programa",
    Op.POLICY_VIEW.value: "Vio la política",
    Op.POLICY_PROPOSE.value: "Propuso otra política",
    Op.POLICY_APPROVE.value: "Aprobó otra política",
    "db.upgrade": "Actualizó el esquema",
    "db.grants": "Cambió permisos de la base",
    "db.backup": "Copió la base",
    "db.restore": "Repuso una copia de la base",
    "code.expired": "Códigos vencidos",
    "portal.purge": "Borró pasos vencidos del portal",
    "portal.challenge": "Pidió elegir imágenes",
    "portal.register_try": "Llenó el registro del portal",
    "credential.wiped": "Borró credenciales vencidas",
    Op.AUDIT_VERIFY.value: "Verificó la auditoría",
    Op.AUDIT_EXPORT.value: "Exportó la auditoría",
    Op.AUDIT_REVIEW.value: "Trabajó en la revisión",
    "audit.sample": "Sacó una muestra de la auditoría",
    "audit.mark": "Marcó un evento como revisado",
    "audit.unmark": "Quitó su marca de un evento",
    "audit.sign": "Firmó una revisión",
    "audit.comment": "Comentó un evento",
    "audit.question": "Guardó una consulta",
    "audit.question_drop": "Quitó una consulta",
    "audit.activity": "Vio el calendario de la auditoría",
    "audit.prove": "Sacó la prueba de un evento",
    "audit.printed": "Comparó un papel con la auditoría",
    Op.PATTERN_VIEW.value: "Vio las señales de la auditoría",
    Op.PATTERN_CLOSE.value: "Cerró una señal de la auditoría",
    "pattern.line": "Señal de la auditoría",
    Op.RECORDING_WATCH.value: "Vio sesiones grabadas",
    "recording.watched": "Dejó la repetición de una sesión",
    "recording.start": "Empezó la grabación de su sesión",
    "recording.mark": "Huella de la grabación",
    "recording.end": "Terminó la grabación de su sesión",
    "recording.lost": "Una grabación quedó sin cierre",
    "recording.verify": "Verificó grabaciones",
    "recording.purge": "Borró grabaciones vencidas",
    "biller.reconciliation_view": "Vio una conciliación",
    "biller.orders_view": "Vio las órdenes en proceso",
    Op.STAFF_VIEW.value: "Vio la lista del personal",
    Op.STAFF_END_SESSION.value: "Cerró la sesión de una persona",
    Op.STAFF_MANAGE.value: "Administró personal",
    Op.IMPORT.value: "Importó datos",
    Op.LEDGER_CHECK.value: "Revisó el libro mayor",
    "contract.list": "Vio las firmas de contratos",
    Op.REPORT_DAY.value: "Vio el reporte de fin de día",
    Op.REPORT_ACCESS.value: "Vio el reporte de accesos",
    Op.REPORT_HANDLING.value: "Vio el reporte de tiempos de atención",
    Op.REPORT_CHANNELS.value: "Vio el reporte de canales",
    "report.export": "Exportó un reporte",
    Op.PRIVACY_VIEW.value: "Vio el registro de derechos",
    Op.BREACH_VIEW.value: "Vio el registro de vulneraciones",
    Op.BREACH_REGISTER.value: "Registró una vulneración de datos",
}
ALL_WORDS: Mapping[str, str] = {**WORDS, **STAFF_WORDS}

FIELDS: Mapping[str, str] = {
    "at": "Hora",
    "user": "Usuario",
    "action": "Acción",
    "result": "Resultado",
    "reason": "Motivo",
    "member": "Asociado",
    "object": "Objeto",
    "detail": "Detalle",
    "channel": "Canal",
    "branch": "Sucursal",
    "terminal": "Terminal",
    "roles": "Roles",
    "case": "Caso",
    "session": "Sesión",
    "actor": "Actor",
    "app": "Versión",
    "before": "antes",
    "after": "después",
    "amount": "monto",
    "from": "desde",
    "to": "hacia",
    "rows": "filas",
    "members": "asociados",
    "kind": "tipo",
    "query": "consulta",
    "level": "nivel",
    "events": "eventos",
    "sessions": "sesiones",
    "leases": "verificaciones",
    "seq": "operación n.º",
    "body": "huella",
    "state": "estado",
    "answers": "respuestas",
    "image": "imagen",
    "devices": "equipos",
    "affiliated": "afiliada",
    "field": "dato",
    "label": "nombre",
    "length": "largo",
    "made_by": "pedido por",
    "proposal": "solicitud",
    "subject": "sobre",
    "alone": "sin otra persona",
    "for": "para",
    "let_in_by": "le abrió",
    "outside_hours": "fuera de horario",
    "hours": "horario",
    "single_limit": "tope por operación",
    "daily_limit": "tope por día",
    "approved_by": "aprobado por",
    "evidence": "verificación",
    "biller": "recaudador",
    "day": "día",
    "month": "mes",
    "total": "total",
    "count": "conteo",
    "expected": "esperado",
    "counted": "contado",
    "difference": "diferencia",
    "filter": "filtro",
    "who": "agente",
    "since": "desde",
    "until": "hasta",
    "member_number": "socio",
    "actions": "acciones",
    "results": "resultados",
    "case_id": "caso",
    "line_id": "señal",
    "reopens": "retoma el caso",
    "due": "para el",
    "rule": "regla",
    "address": "dirección (huella)",
    "seed": "semilla",
    "findings": "hallazgos",
    "version": "versión",
    "versions": "versiones",
    "source": "de dónde",
    "policy": "Política",
    "delivery": "entrega",
    "factors": "factores",
    "failures": "fallos",
    "attempt": "intento",
    "issues_left": "envíos que quedan",
    "accounts": "cuentas",
    "movements": "movimientos",
    "people": "personas",
    "outcome": "resultado",
    "files": "archivos",
    "seconds": "segundos",
    "second_factor": "segundo factor",
    "format": "formato",
    "event": "evento",
    "next": "siguiente paso",
    "must": "falta",
    "step": "paso",
    "stage": "etapa",
    "failed": "fallos",
    "device": "recordar equipo",
    "services": "servicios",
    "questions": "preguntas",
    "answered": "respondió bien",
    "notice": "aviso",
    "sent": "se envió",
    "route": "vía",
    "credential": "credencial",
    "period": "periodo",
    "report": "reporte",
    "sha256": "huella",
    "chunks": "trozos",
    "steps": "pasos",
    "head": "cabeza",
    "lost": "no guardados",
}
"""Names of the body's fields; one that has none is shown as it stands."""

VALUES: Mapping[str, str] = {
    "email": "correo",
    "phone": "celular",
    "waiting": "en espera",
    "cancelled": "cancelado",
    "passed": "acertó",
    "posted": "aplicada",
    "held": "en proceso",
    "rejected": "rechazada",
    "reviewed": "revisado",
}
"""Words of the trail that stand as values, in Spanish; any other is shown as it stands."""

_ACTION = re.compile(r"[a-z_]+(?:\.[a-z_]+)+")


def action_text(action: str) -> str:
    """An action in words."""
    return ALL_WORDS.get(action) or clean(action, 60)


def result_text(result: str) -> str:
    """How it ended, in one word."""
    return RESULTS.get(result) or clean(result, 40)


def actions_like(typed: str) -> tuple[str, ...]:
    """The actions whose Spanish words or name hold what was typed: `credencial`, `session.lock`; one alone if that is
    its whole name."""
    if typed in ALL_WORDS:
        return (typed,)
    wanted = fold(typed)
    names = {action: f"{fold(words)} {fold(action)}" for action, words in ALL_WORDS.items()}
    found = tuple(sorted(action for action, text in names.items() if wanted and wanted in text))
    return found or ((typed,) if _ACTION.fullmatch(typed) else ())


def results_like(typed: str) -> tuple[str, ...]:
    """The results whose word begins like what was typed: `negado`, `refused`; one alone if that is its whole name."""
    if typed in RESULTS:
        return (typed,)
    wanted = fold(typed)
    return tuple(
        sorted(
            result
            for result, words in RESULTS.items()
            if wanted and (fold(words).startswith(wanted) or result.startswith(wanted))
        )
    )
