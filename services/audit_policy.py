"""What the policy says of the audit: `[audit]`, and `[patterns]`, the rules of C16."""

from dataclasses import dataclass

#: Every rule by name and what a line of it is called.
RULES = {
    "takeover": "Reinicio, cambio de contacto y salida de dinero",
    "one_address": "Varios asociados con una misma dirección",
    "guessed_caller": "Verificaciones fallidas y después aceptada",
    "splitting": "Pagos partidos justo bajo el límite",
    "related": "Su propia cuenta o la de un familiar",
    "out_of_hours": "Trabajo fuera de horario",
    "idle_looks": "Muchas consultas sin atender",
    "probing": "Muchas búsquedas sin resultado",
    "two_terminals": "Una persona en dos terminales",
    "guessed_staff": "Ingreso después de varios fallos",
    "stamping": "Aprobaciones en ráfaga",
}


@dataclass(frozen=True, slots=True)
class AuditPolicy:
    """`sample_size`: events of a sample whose size nobody named; `tail_seconds`: how often a console looks for new
    events; `export_most`: events of one export."""

    checkpoint_events: int
    checkpoint_hours: int
    sample_size: int
    tail_seconds: int
    export_most: int


@dataclass(frozen=True, slots=True)
class RecordingPolicy:
    """Recordings of sessions at the desks of `roles` (C5). `kept_days` after its start one is deleted (req. 53)."""

    enabled: bool
    roles: tuple[str, ...]
    kept_days: int
    write_seconds: int
    mark_minutes: int


@dataclass(frozen=True, slots=True)
class PatternsPolicy:
    """The parameters of each rule. `off`: names of rules that are not looked for. Hours of the day are Panama's."""

    off: tuple[str, ...]
    takeover_hours: int
    address_members: int
    address_hours: int
    guess_failures: int
    guess_cases: int
    guess_hours: int
    split_payments: int
    split_hours: int
    split_percent: int
    office_opens: int
    office_closes: int
    office_days: int
    late_events: int
    idle_members: int
    idle_minutes: int
    probing_misses: int
    probing_minutes: int
    terminal_changes: int
    terminal_minutes: int
    sign_in_failures: int
    sign_in_minutes: int
    stamp_approvals: int
    stamp_seconds: int

    @property
    def actor_minutes(self) -> int:
        """How far back any rule looks at one person of staff."""
        spans = (self.idle_minutes, self.probing_minutes, self.terminal_minutes, 1 + self.stamp_seconds // 60)
        return max(*spans, 12 * 60)  # a night

    @property
    def member_hours(self) -> int:
        """How far back any rule looks at one member."""
        return max(self.takeover_hours, self.guess_hours, self.split_hours)

    @property
    def longest_hours(self) -> int:
        """How much of the trail must be read again when the watch starts."""
        return max(self.member_hours, self.address_hours, 1 + self.actor_minutes // 60)


def check_patterns(found: PatternsPolicy) -> str | None:
    """What is wrong with the section, or None."""
    if unknown := sorted(set(found.off) - RULES.keys()):
        return f"off: unknown rule {unknown[0]}"
    if not found.office_opens < found.office_closes <= 24:
        return "office_opens: an hour before office_closes, which is at most 24"
    if found.office_days > 7:
        return "office_days: 1 to 7, from Monday on"
    if found.split_percent > 100:
        return "split_percent: 1 to 100"
    return None
