"""What happens at the portal, in the words of the timeline and the audit trail."""

from collections.abc import Mapping

from services.operations import Op

#: What only looks, or only opens a step.
LOOKS = frozenset(
    {
        Op.PORTAL_VIEW.value,
        "portal.begin",
        "portal.proof_question",
        "portal.overview",
        "portal.detail",
        "portal.statement",
        "contract.read",
        "contract.copy",
    }
)
WORDS: Mapping[str, str] = {
    Op.PORTAL_WIZARD.value: "Primer acceso",
    Op.PORTAL_CONTRACT.value: "Contrato de servicios",
    Op.PORTAL_VIEW.value: "Vio sus datos en el portal",
    Op.PORTAL_SECURITY.value: "Cambió su seguridad",
    Op.PORTAL_PROOF.value: "Confirmó que es el asociado",
    "portal.register": "Se registró en el portal",
    "portal.begin": "Escribió su usuario en el portal",
    "portal.answer": "Pregunta de seguridad en el portal",
    "portal.proof_question": "Pidió su pregunta de seguridad",
    "portal.sign_in": "Ingresó al portal",
    "portal.sign_out": "Salió del portal",
    "portal.image_report": "No reconoció su imagen de seguridad",
    "portal.password": "Cambió su contraseña",
    "portal.username": "Cambió su usuario",
    "portal.image": "Eligió su imagen de seguridad",
    "portal.questions": "Eligió sus preguntas de seguridad",
    "portal.devices": "Cambió sus equipos recordados",
    "portal.forgotten": "Pidió recuperar su contraseña",
    "portal.recovery": "Comprobó quién es para recuperar su contraseña",
    "portal.renewed": "Recuperó su contraseña",
    Op.IMAGE_REPORT_ATTEND.value: "Atendió un aviso de imagen no reconocida",
    "portal.services": "Eligió sus servicios",
    "portal.overview": "Vio sus cuentas en el portal",
    "portal.detail": "Vio el detalle de una cuenta",
    "portal.statement": "Vio un estado de cuenta",
    "portal.statement_mail": "Pidió un estado de cuenta por correo",
    "contract.read": "Leyó el contrato",
    "contract.sign": "Firmó el contrato",
    "contract.copy": "Pidió copia del contrato",
    "contract.verify": "Comprobó la firma del contrato",
    "contract.export": "Exportó la prueba del contrato",
    "statement.mail": "Envió un estado de cuenta",
}
