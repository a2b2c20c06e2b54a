"""The member's own screens, at a kiosk or in the browser: one question a screen, in the guide's own words."""
