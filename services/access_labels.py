"""How the states of a member's online access are called on the screen (req. 25)."""

STATE_LABELS = {
    "solicitado": "solicitado, espera activación",
    "verificado": "verificado, espera activación",
    "activado": "activado, falta enviar la credencial",
    "credencial_emitida": "credencial enviada, falta el primer ingreso",
    "primer_acceso": "en primer acceso",
    "contrato_firmado": "contrato firmado",
    "activo": "activo",
    "bloqueado": "bloqueado",
    "suspendido": "suspendido",
    "cerrado": "cerrado",
}
NO_ACCESS = "sin acceso en línea"


def state_label(state: str | None) -> str:
    """The Spanish words for a state; None is a member who never asked for access."""
    return NO_ACCESS if state is None else STATE_LABELS.get(state, "estado desconocido")
