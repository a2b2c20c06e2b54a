"""The audit trail's names in Spanish: actions, results and channels, as the timeline shows them."""

from collections.abc import Mapping

from services.operations import Op
from services.operator import Channel

#: What only looks: left out of the timeline unless it is asked for.
LOOKS = frozenset(
    {
        Op.MEMBER_FIND.value,
        Op.RECORD_VIEW.value,
        Op.BALANCES_VIEW.value,
        Op.MOVEMENTS_VIEW.value,
        Op.TIMELINE_VIEW.value,
        Op.NOTES_VIEW.value,
        Op.RECEIPT_VIEW.value,
        "transfer.prepare",
        "transfer.outcome",
        "verification.begin",
    }
)
WORDS: Mapping[str, str] = {
    Op.MEMBER_FIND.value: "Buscó al asociado",
    Op.MEMBER_FIND_BY_NAME.value: "Buscó por nombre",
    Op.QUEUE_VIEW.value: "Vio la lista de espera",
    Op.RECORD_VIEW.value: "Vio la ficha",
    Op.BALANCES_VIEW.value: "Vio los saldos",
    Op.MOVEMENTS_VIEW.value: "Vio movimientos",
    Op.TIMELINE_VIEW.value: "Vio la historia",
    Op.NOTE_ADD.value: "Escribió una nota",
    Op.NOTES_VIEW.value: "Leyó las notas",
    Op.CASE_OPEN.value: "Abrió un caso",
    Op.CASE_CLOSE.value: "Cerró el caso",
    Op.CALLER_VERIFY.value: "Verificó a quien llama",
    Op.SECOND_PERSON.value: "Dio fe como segunda persona",
    Op.VERIFICATION_UNBLOCK.value: "Desbloqueó la verificación",
    Op.ACCESS_REQUEST.value: "Solicitó el acceso en línea",
    Op.ACCESS_ACTIVATE.value: "Activó el acceso y envió la credencial",
    Op.CREDENTIAL_ISSUE.value: "Envió una credencial temporal",
    Op.CREDENTIAL_FALLBACK.value: "Entregó una credencial en mano",
    Op.ISSUE_LIMIT_LIFT.value: "Permitió un envío más",
    Op.ACCESS_UNLOCK.value: "Desbloqueó el acceso",
    Op.QUESTIONS_RESET.value: "Reinició las preguntas de seguridad",
    Op.IMAGE_RESET.value: "Reinició la imagen de seguridad",
    Op.PASSWORD_RESET.value: "Restableció la contraseña",
    Op.DEVICES_FORGET.value: "Olvidó los equipos recordados",
    Op.CONTACT_CHANGE.value: "Pidió un cambio de contacto",
    Op.CONTACT_CANCEL.value: "Canceló el cambio de contacto",
    Op.ACCESS_SUSPEND.value: "Suspendió el acceso",
    Op.ACCESS_RESUME.value: "Reanudó el acceso",
    Op.ACCESS_CLOSE.value: "Cerró el acceso",
    Op.ACCOUNT_AFFILIATE.value: "Cambió la afiliación de una cuenta",
    Op.TRANSFER_OWN.value: "Transferencia entre cuentas propias",
    Op.RECEIPT_VIEW.value: "Vio un comprobante",
    Op.OPERATION_REVERSE.value: "Reversó una operación",
    Op.AUDIT_READ.value: "Leyó la auditoría",
    "transfer.prepare": "Preparó una transferencia",
    "transfer.outcome": "Consultó una transferencia",
    "case.flag": "Señal de alerta en el caso",
    "access.temporary_sign_in": "Ingreso con contraseña temporal",
    "outbox.sent": "Mensaje enviado",
    "outbox.failed": "Mensaje no entregado",
    "outbox.expired": "Mensaje vencido sin enviarse",
    "outbox.void": "Mensaje anulado",
    "outbox.deferred": "Mensaje pospuesto",
    "verification.begin": "Empezó la verificación",
    "verification.block": "Verificación bloqueada por fallos",
    "lease.grant": "Persona verificada",
    "lease.renew": "Verificación renovada",
    "lease.end": "Verificación terminada",
    "verification.step": "Verificación",
    "verification.code_sent": "Envió un código de un solo uso",
    "verification.callback_number": "Vio el número para devolver la llamada",
    "code.expired": "Código vencido",
}
STEPS: Mapping[str, str] = {
    "question": "pregunta de seguridad",
    "record": "datos del expediente",
    "in_person": "cédula en persona",
    "code": "código de un solo uso",
    "callback": "llamada de vuelta",
    "second_person": "segunda persona",
}
RESULTS: Mapping[str, str] = {
    "ok": "hecho",
    "refused": "negado",
    "rejected": "rechazado",
    "failed": "falló",
    "passed": "acertó",
    "not_found": "no encontrado",
    "repeated": "repetido",
    "none": "sin efecto",
}
CHANNELS: Mapping[str, str] = {
    Channel.CIS.value: "CIS",
    Channel.BRANCH.value: "Sucursal",
    Channel.CHAPTER.value: "Capítulo",
    Channel.KIOSK.value: "Kiosco",
    Channel.WEB.value: "Web",
    Channel.SYSTEM.value: "Sistema",
}
