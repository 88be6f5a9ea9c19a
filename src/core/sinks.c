/* core/sinks.c - where a notice goes: to the desktop, to a program, to terminals; and why, in words */
#include "config/why.h"
#include "core/core.h"

#include "base/mem.h"

/* auto: over SSH the desktop would be that of whoever sits at this machine. */
static bool desktop(const struct config *c, bool ssh, struct why *w)
{
    const char *how = config_str(c, "notify.dbus");
    if (str_eq(how, "on"))
        why_set(w, c, "notify.dbus", true, "it says so");
    else if (str_eq(how, "off"))
        why_set(w, c, "notify.dbus", false, "it says so");
    else if (ssh)
        why_set(w, c, "notify.dbus", false, "it is auto, and kith was started over SSH: the desktop would be that of somebody else");
    else
        why_set(w, c, "notify.dbus", true, "it is auto, and kith was not started over SSH; without a desktop nothing is shown");
    return w->yes;
}

/* auto: where the desktop has not been told, over SSH and when it shall not be. */
static bool terminal(const struct config *c, bool ssh, struct why *w)
{
    const char *how = config_str(c, "notify.osc");
    bool off = str_eq(config_str(c, "notify.dbus"), "off");
    if (str_eq(how, "off"))
        why_set(w, c, "notify.osc", false, "it says so");
    else if (!str_eq(how, "auto"))
        why_set(w, c, "notify.osc", true, "it says so, to terminals that are attached and do not have the focus");
    else if (ssh)
        why_set(w, c, "notify.osc", true, "it is auto, and this terminal is over SSH; while it does not have the focus");
    else if (off)
        why_set(w, c, "notify.dbus", true, "the desktop shall not be told; while this terminal does not have the focus");
    else
        why_set(w, c, "notify.osc", false, "it is auto, and the desktop is told");
    return w->yes;
}

static bool program(const struct config *c, struct why *w)
{
    bool set = !str_empty(config_str(c, "notify.command"));
    why_set(w, c, "notify.command", set, set ? "it names a program" : "it is empty");
    return set;
}

bool core_sink(const struct config *c, enum core_sink sink, bool ssh, struct why *out)
{
    struct why unasked = {0}, *w = out ? out : &unasked;
    switch (sink) {
    case SINK_DESKTOP:
        return desktop(c, ssh, w);
    case SINK_TERMINAL:
        return terminal(c, ssh, w);
    case SINK_COMMAND:
        return program(c, w);
    }
    return false;
}
