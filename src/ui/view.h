/* ui/view.h - one attached terminal: its size, focus, chat, input and overlays; shared by the files
 * of the view */
#ifndef UI_VIEW_H
#define UI_VIEW_H

#include "ui/bare.h"
#include "ui/chat.h"
#include "ui/dialog.h"
#include "ui/editor.h"
#include "ui/encrypt.h"
#include "ui/finder.h"
#include "ui/help.h"
#include "ui/inbox.h"
#include "ui/layout.h"
#include "ui/list.h"
#include "ui/members.h"
#include "ui/page.h"
#include "ui/pane.h"
#include "ui/popup.h"
#include "ui/rows.h"
#include "ui/split.h"
#include "ui/surface.h"
#include "ui/switcher.h"
#include "ui/target.h"
#include "ui/themes.h"
#include "ui/ui.h"
#include "ui/verbs.h"
#include "ui/vi.h"
#include "ui/viewer.h"
#include "ui/whichkey.h"
#include "ui/wizard.h"

enum { /* what must be painted again */
       DIRTY_LIST = 1,
       DIRTY_CHAT = 2,
       DIRTY_TITLE = 4,
       DIRTY_STATUS = 8,
       DIRTY_INPUT = 16,
       DIRTY_MEMBERS = 32,
       DIRTY_HINT = 64,
       DIRTY_SPLITS = 128, /* the chats beside the one with the keyboard */
       DIRTY_ALL = 255
};
enum view_focus { FOCUS_INPUT, FOCUS_LIST, FOCUS_MEMBERS, FOCUS_SELECT };
enum { VIEW_RECENT = 64, VIEW_PLACES = 16 };

struct view_object { /* a part of a message that was chosen: commands are about it */
    bool open;
    enum key_context context;
    int64_t message;
    int number;
    char *url, *nick, *reaction;
};
struct view_labels {
    bool on;
    char typed[LABEL_LEN + 1];
    struct targets list, before;
};
struct view_place {
    int64_t chat, anchor, selected;
    int skip;
};

struct view_search { /* Ctrl-r in the input */
    bool active;
    struct buf needle;
    long at;
    char *kept; /* what was in the input */
};

struct view_aside { /* the input, while a command is typed in its place */
    bool on, normal;
    char *text;
    size_t cursor;
};

struct ui_view {
    struct ui *ui;
    struct ui_view_io io;
    void *user;
    struct view_term *term; /* NULL: headless */
    char **env;             /* the terminal's environment, NULL-terminated; owned; may be NULL */
    struct surface *s;
    const struct glyphs *g;
    uint32_t epoch; /* of the surface when all was painted last */
    unsigned dirty;
    unsigned later;     /* what others made dirty: it shares frames with all that comes from them */
    bool waiting;       /* a frame is on its way: paint nothing ... */
    bool ahead;         /* ... but what a key changed, once */
    bool now;           /* the person here did something: the next frame does not wait its time */
    bool painted, whole; /* in this turn; with what others did */
    int64_t painted_at; /* a whole frame; monotonic ms */
    struct loop_timer *pace; /* to the next frame of a flood */
    bool gone;               /* leaving: paint nothing more */
    bool light;              /* the terminal's ground is light */
    struct layout l;

    /* What is shown */
    int64_t chat_id, return_to;  /* 0 = none */
    int64_t recent[VIEW_RECENT]; /* chats, latest first */
    size_t n_recent;
    enum view_focus focus;
    bool terminal_focused; /* as the terminal says; true where it does not say */
    bool members_off, members_on, hints_off;
    struct bare bare;
    struct chat_pane chat;
    struct split *splits, *leaf; /* several chats at once; NULL: one. leaf: it has the keyboard */
    bool zoomed, folded;         /* only that one is shown: by wish; for lack of room */
    struct rect split_room;      /* what they share */
    bool dragging;               /* the mouse has a border of theirs, which is at */
    int drag_x, drag_y;
    struct list_pane list;
    struct members_pane members;
    int64_t seen_chat; /* what down_attention was told last */
    bool seen_focused, seen_end, seen_told;
    bool to_top; /* Alt-Home: on through older pages until the first message, or a key */
    int64_t asked_chat,
        asked_first; /* the older page asked for last: chat and its oldest message */

    /* Writing */
    struct editor *editor;
    struct view_search search;
    bool typed;            /* what the input holds was typed here, it is no draft of earlier */
    bool sending, touched; /* a line is running; it has set the input itself */
    bool pasted;           /* the last edit was a paste of several lines */
    bool typing_told;
    int64_t shown_at;      /* monotonic ms: when the chat under the input changed, 0: never yet */
    int64_t sure;          /* the chat for which the user said yes to what is in the input, 0 = none */
    int64_t doubt_chat;    /* the chat that the question about a text or a paste named */
    bool editing;          /* the user's editor has the terminal: nothing is drawn */
    int64_t edit_chat;     /* whose draft it was given, 0 = none */
    struct buf paste;      /* a long one, while it is asked what to do with it */
    struct loop_timer *typing_timer;

    struct vi vi;
    struct view_aside aside;

    /* Keys */
    struct key chord[KEY_CHORD_MAX], last_key;
    size_t n_chord;
    struct loop_timer *chord_timer, *popup_timer;
    bool whichkey;   /* what may follow is shown */
    const char *mux; /* "tmux" or "screen": what this terminal is in; NULL: neither */

    /* Selecting */
    bool verbs, menu; /* the popup is shown; it has a cursor */
    int menu_at;
    struct loop_timer *verbs_timer;
    struct view_object object;
    struct view_labels labels;
    int64_t counted_id, counted_first; /* which message these are about, and of which window */
    int64_t counted_at, counted_of;
    struct view_place places[VIEW_PLACES]; /* where jumps began */
    size_t n_places;
    char *jump_ref;  /* the message to jump to when it has been loaded, by its id on the wire; or NULL */
    char *repeat;    /* what was last done with a selected message, for `.` */
    char *repeat_answer; /* what the user answered then; NULL: nothing was asked */

    /* Above it all; the first open one has the keyboard */
    struct popup popup;
    struct dialog dialog;
    struct dialog kept; /* a form that was left half filled in, until it is opened again or not asked any more */
    struct wizard wizard;
    struct switcher switcher;
    struct help help;
    struct finder finder;
    struct loop_timer *finder_timer; /* the words were changed: soon they are asked for */
    struct inbox_pane inbox;
    struct encrypt_pane encrypt; /* who can read the chat that is shown */
    struct rows_pane rows;
    struct page page;
    struct viewer viewer;
    struct theme_list themes;
    struct theme *preview; /* what the list of themes stands on; owned, NULL: the one in use */

    char *notice;
    enum kith_level notice_level;
    bool notice_account; /* it is about an account */
    int64_t notice_at;   /* monotonic ms */
    struct loop_timer *notice_timer;
};

struct ui {
    struct cmd_env *env;
    struct ui_params params;
    struct ui_view **views;
    size_t n_views, cap_views;
    bool typing; /* while keys are handled: what changes now, the person here did */
    struct theme *themes[2]; /* dark, light; loaded when first needed */
    struct loop_timer *tick;
    int64_t tick_at; /* wall minute, or second, that the screen shows */
    bool first_run;
    struct map histories; /* chat's id -> what was sent there; shared by the views */
    char *secret_account,
        *secret; /* typed at the first run: answers that account's question for it, once */
    int64_t last_chat, last_anchor; /* where the last view stood: the next one begins there */
    int last_skip;
    int64_t bell_at;
    char *unseen; /* the gravest notice that came while no view was there, or NULL */
    enum kith_level unseen_level;
    int64_t fixed_ms; /* tests: the clock on the wall stands here; 0: it runs */
};

/* ---- view.c: life and painting ---- */
struct ui_view *view_new(struct ui *ui, int w, int h, const struct cell_rules *rules, bool ascii);
void view_free(struct ui_view *v);
void view_mark(struct ui_view *v, unsigned dirty);
void view_paint(struct ui_view *v); /* onto the surface; marks are cleared */
void view_paint_own(struct ui_view *v); /* only what the person here changed, where that is not everything */
void view_resize(struct ui_view *v, int w, int h);
const struct theme *view_theme(struct ui_view *v);
void view_new_theme(struct ui_view *v); /* theme, glyphs or width rules may have changed */
struct pane_env view_env(struct ui_view *v, bool focused);
const char *view_mode(const struct ui_view *v); /* SELECT, LIST ..., or NULL */

/* ---- view_finder.c: the search screen ---- */
void view_finder_panel(struct ui_view *v, const char *arg);
void view_finder_do(struct ui_view *v, enum pane_action a);
bool view_finder_text(struct ui_view *v, const char *text, size_t len, bool pasted); /* false: it is not open */
bool view_finder_edit(struct ui_view *v, const char *action, const char *arg);
void view_finder_free(struct ui_view *v);

/* ---- view_rows.c: lists that come row by row ---- */
void view_rows_open(struct ui_view *v, int64_t listing); /* it is no more: nothing */
void view_rows_close(struct ui_view *v);
void view_rows_do(struct ui_view *v, enum pane_action a);
/* A listing has the keyboard, and the last that was done in it was to run a row. */
bool view_rows_ran(const struct ui_view *v);
bool view_rows_text(struct ui_view *v, const char *text, size_t len, bool pasted); /* false: it is not open */
bool view_rows_edit(struct ui_view *v, const char *action, const char *arg);

/* ---- view_split.c: several chats at once ---- */
int view_split(struct ui_view *v, const char *what, const char *arg, int cells, struct chat *c,
               struct err *e);
bool view_splits_shown(const struct ui_view *v);
void view_focus_leaf(struct ui_view *v, struct split *leaf);
/* The keyboard goes to the chat a target was in (target.place), if it still is there. */
void view_focus_place(struct ui_view *v, const void *place);
int view_splits_width(const struct ui_view *v); /* cells that they need; 0: there are none */
void view_splits_place(struct ui_view *v);      /* in the layout just made */
void view_splits_status(const struct ui_view *v, struct buf *out);
bool view_split_aligned(const struct ui_view *v, int w);
void view_paint_splits(struct ui_view *v, const struct pane_env *env);
bool view_shows(const struct ui_view *v, const struct chat *c); /* beside the one with the keyboard */
bool view_split_at_end(const struct ui_view *v, const struct chat *c); /* and to its end */
void view_attend_splits(struct ui_view *v, bool looking);
void view_load_splits(struct ui_view *v);
void view_splits_gone(struct ui_view *v, const struct chat *c);
void view_splits_save(struct ui_view *v);
void view_splits_restore(struct ui_view *v); /* as the last view left them */
void view_splits_free(struct ui_view *v);
void view_drop_caches(struct ui_view *v); /* of wrapped text */

/* ---- view_chat.c: which chat, its draft, attention, loading ---- */
struct chat *view_current(const struct ui_view *v);
void view_show(struct ui_view *v, struct chat *c); /* NULL: none */
/* The same with another pane: `with` is taken over; NULL: at the chat's end. */
void view_enter(struct ui_view *v, struct chat *c, struct chat_pane *with);
void view_window(struct ui_view *v, enum cmd_move how);
void view_scroll(struct ui_view *v, enum cmd_move how);
void view_scroll_to(struct ui_view *v, int64_t message); /* loads around it where it must */
void view_top(struct ui_view *v); /* towards the first message, a page at a time */
void view_chat_gone(struct ui_view *v, const struct chat *c);
void view_attend(struct ui_view *v); /* tells the core what is looked at, when that changed */
void view_load_more(
    struct ui_view *v); /* after painting: older messages where the view shows their lack */
void view_save_draft(struct ui_view *v);
void view_load_draft(struct ui_view *v);
void view_first_chat(struct ui_view *v);

/* ---- view_keys.c: from keys to command lines ---- */
void view_key(struct ui_view *v, struct key k);
void view_text(struct ui_view *v, const char *text, size_t len);
void view_paste(struct ui_view *v, const char *text, size_t len);
void view_focus_changed(struct ui_view *v, bool focused); /* the terminal's */
struct key_where view_where(const struct ui_view *v);
size_t view_contexts(const struct ui_view *v, enum key_context out[N_KEY_CONTEXTS]);
struct cmd_ctx view_ctx(struct ui_view *v);
/* Runs a command line of a key, a dialog or a list; failures are said. */
void view_run(struct ui_view *v, const char *line);
void view_run_for(struct ui_view *v, struct account *a, struct chat *c, int64_t message,
                  const char *line);
/* line with each "$name" replaced by value, quoted where it must be. Owned. */
char *view_fill(const char *line, const char *name, const char *value);

/* What a key of this context runs, or would: with what it is about, and remembered for `.`. */
void view_run_verb(struct ui_view *v, enum key_context context, const char *line);

/* ---- view_select.c: a message is selected; parts of it; labels; jumping ---- */
void view_select_enter(struct ui_view *v); /* the newest in view */
void view_select_message(struct ui_view *v, int64_t id);
void view_select_leave(struct ui_view *v);
void view_select_do(struct ui_view *v, enum pane_action a);
void view_select_where(const struct ui_view *v, struct buf *out); /* "message 14 of 2 310" */
void view_menu_do(struct ui_view *v, enum pane_action a);
void view_repeat_answered(struct ui_view *v, const char *answer); /* to the question that v->repeat asks */
void view_react(struct ui_view *v); /* opens the bar of emoji */
void view_object_close(struct ui_view *v);
void view_labels_open(struct ui_view *v, bool links);
void view_labels_close(struct ui_view *v);
void view_labels_begin(struct ui_view *v);
bool view_labels_end(struct ui_view *v); /* false: there was nothing, and they are closed */
void view_labels_text(struct ui_view *v, const char *text, size_t len);
void view_labels_do(struct ui_view *v, enum pane_action a);
/* As the operation of cmd_view_ops. */
void view_jump(struct ui_view *v, int64_t message, const char *ref);
void view_jump_loaded(struct ui_view *v); /* messages came: is it among them? */
void view_paint_select(struct ui_view *v, struct pane_env *env);

/* ---- view_input.c: the line editor of the view ---- */
void view_edit(struct ui_view *v, const char *action, const char *arg);
void view_edited(struct ui_view *v); /* text or cursor changed: draft, typing, popup */
void view_set_input(struct ui_view *v, const char *text);
void view_complete(struct ui_view *v, bool back);
bool view_search_text(struct ui_view *v, const char *text,
                      size_t len); /* into the history search, when it is on */
void view_search_end(struct ui_view *v, bool keep);

/* ---- view_write.c: asking before something is sent, long pastes ---- */
void view_paste_insert(struct ui_view *v, const char *text, size_t len);
bool view_paste_asks(struct ui_view *v, const char *text, size_t len); /* true: a question is open about it */
void view_paste_as(struct ui_view *v, const char *how); /* insert code file: the answer */
void view_open_editor(struct ui_view *v);
/* Is this text to be asked about before it is sent? Then the question is open. */
bool view_guards(struct ui_view *v, const char *text);
/* ---- view_vi.c: the vi keys, and a command line beside the draft ---- */
bool view_is_vi(const struct ui_view *v);
bool view_vi_normal(const struct ui_view *v); /* letters are commands */
void view_vi(struct ui_view *v, const char *action, const char *arg);
/* The key belongs to f, t or r. */
bool view_vi_takes(struct ui_view *v, struct key k);
void view_command_begin(struct ui_view *v); /* "/" in the input; the draft waits aside */
void view_command_end(struct ui_view *v);   /* the draft is back */
void view_command_drop(struct ui_view *v);  /* the draft aside is not wanted any more */

/* ---- view_look.c: trying themes, and the chat without frames ---- */
void view_preview(struct ui_view *v); /* shows the theme under the cursor of the list */
void view_themes_do(struct ui_view *v, enum pane_action a);
void view_bare(struct ui_view *v, bool on);

/* ---- view_picture.c: a picture on all of the screen ---- */
void view_picture_open(struct ui_view *v, const struct message *m, int file);
/* Of somebody: into the page of this title, if it is open; full: on all of the screen. */
void view_portrait(struct ui_view *v, const char *title, const char *path, bool full);
void view_portrait_full(struct ui_view *v); /* that of the page which is open */
void view_page_picture(struct ui_view *v, struct rect all); /* asked for, where that was not done; before painting */
void view_picture_close(struct ui_view *v);
void view_picture_repaint(struct ui_view *v, const struct pane_env *env, struct rect all);

/* ---- view_mouse.c ---- */
struct decode_event;
void view_mouse(struct ui_view *v, const struct decode_event *ev);

/* ---- view_over.c: popups, dialogs and other overlays ---- */
void view_popup(struct ui_view *v, const char *action);
void view_popup_list(struct ui_view *v, enum pane_action a); /* as from a key in the list */
void view_list_first(struct ui_view *v); /* opens the chat with the first contact of the list */
void view_panel(struct ui_view *v, const char *panel, const char *arg);
void view_ask(struct ui_view *v, const struct ask *ask); /* shows it, or says that it is there */
void view_open_ask(struct ui_view *v, const struct ask *ask); /* a form as far as it was filled in before */
void view_open_asks(struct ui_view *v);                  /* a new view: what has waited for one */
void view_ask_gone(struct ui_view *v, const struct ask *ask);
void view_say(struct ui_view *v, enum kith_level level, const char *text);
void view_say_clear(struct ui_view *v);
bool view_modal(const struct ui_view *v); /* something above the panes has the keyboard */
void view_paint_over(struct ui_view *v, struct pane_env *env, struct rect all);

/* ---- view_ops.c: what commands can do with a view ---- */
extern const struct cmd_view_ops view_ops;

/* ---- ui.c ---- */
const struct theme *ui_theme(struct ui *ui, bool light);
struct edit_history *ui_history(struct ui *ui, int64_t chat); /* 0: where no chat is shown */
void ui_arm_tick(struct ui *ui);
void ui_wizard_done(struct ui *ui, struct ui_view *v, bool skip);

/* ---- first_run.c ---- */
void first_run_open(struct ui_view *v);
void first_run_accept(struct ui_view *v);                     /* Enter */
void first_run_leave(struct ui_view *v);                      /* Esc, Ctrl-c */
bool first_run_ask(struct ui_view *v, const struct ask *ask); /* false: it is not for the page */
void first_run_event(struct ui_view *v, const struct model_event *ev);

/* ---- screen.c: the terminal of a view ---- */
void view_term_mouse(struct ui_view *v);            /* on, off, and says so */
void view_term_take_mouse(struct ui_view *v, bool on); /* as terminal.mouse says */
void view_term_pause_mouse(struct ui_view *v, bool pause);
struct probe_env;
void view_term_env(const struct ui_view *v, struct probe_env *env); /* borrows */
const char *view_term_note(const struct ui_view *v);                 /* term_note() */
/* Writes questions, whose cursor reports are awaited, and draws all anew behind them: they leave traces. */
void view_term_ask(struct ui_view *v, const struct buf *questions, int cursor_reports);
/* Draws all of the screen anew, whatever stands there. */
void view_term_redraw(struct ui_view *v);
void view_term_doctor(struct ui_view *v); /* /doctor */
void view_term_theme(struct ui_view *v); /* tells the theme what the terminal's ground is */
/* How pictures can be drawn here, all but the box: full: as the terminal can, else in symbols. form 0: not at all. */
void view_term_pictures(const struct ui_view *v, struct picture_ask *how, bool full);
void view_term_picture_gone(struct ui_view *v); /* the terminal shows it no longer */
int32_t view_term_ground(const struct ui_view *v); /* 0xRRGGBB, -1: the terminal has not told */
void view_term_notice(struct ui_view *v, const char *id, const char *title, const char *text);
bool view_term_ready(
    const struct ui_view *v); /* the first answers of the terminal are in, or it is late */
void view_term_free(struct view_term *t);
void view_term_draw(struct ui_view *v);

#endif
