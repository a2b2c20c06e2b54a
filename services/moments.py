"""Moments and spans in the few words that fit a panel, in Panama's time (req. 6)."""

from datetime import datetime, timedelta

from data.values.dates import format_date, format_time, panama_date


def short_moment(at: datetime, now: datetime) -> str:
    """`09:43` today, `23/11 09:43` this year, else with the year."""
    day, today = panama_date(at), panama_date(now)
    if day == today:
        return format_time(at)
    date = format_date(day)
    return f"{date[:5] if day.year == today.year else date} {format_time(at)}"


def spoken_moment(at: datetime, now: datetime) -> str:
    """`hoy 09:43`, `ayer 10:12`, else `21/11/2026 10:12`."""
    day, today = panama_date(at), panama_date(now)
    if day == today:
        return f"hoy {format_time(at)}"
    if day == today - timedelta(days=1):
        return f"ayer {format_time(at)}"
    return f"{format_date(day)} {format_time(at)}"


def span(length: timedelta) -> str:
    """`8 min`, `23 h 57 min`, `3 d 4 h`; what is shorter than a minute is `menos de 1 min`."""
    minutes = max(0, int(length.total_seconds() // 60))
    days, hours = minutes // 1440, minutes // 60 % 24
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes % 60} min" if minutes % 60 else f"{hours} h"
    return f"{minutes} min" if minutes else "menos de 1 min"
