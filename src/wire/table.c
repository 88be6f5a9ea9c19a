/* wire/table.c - the one table of everything that crosses the wire: structs, their fields, and what
 * they may hold */
#include "wire/table.h"

#include "base/frame.h"

/* The furthest moment that is taken for a time: the end of the year 9999. */
#define LAST_MS INT64_C(253402300799999)
#define WEEK_MS (INT64_C(7) * 24 * 3600 * 1000)
#define MOST_BYTES (INT64_C(1) << 53)

#define U16(m)                                                                                     \
    {                                                                                              \
        .name = #m, .type = WT_U16, .at = offsetof(T, m)                                           \
    }
#define U32(m)                                                                                     \
    {                                                                                              \
        .name = #m, .type = WT_U32, .at = offsetof(T, m)                                           \
    }
#define U64(m)                                                                                     \
    {                                                                                              \
        .name = #m, .type = WT_U64, .at = offsetof(T, m)                                           \
    }
#define ENUM(m, l, h, o)                                                                           \
    {                                                                                              \
        .name = #m, .type = WT_ENUM, .at = offsetof(T, m), .lo = (l), .hi = (h), .other = (o)      \
    }
#define I32(m, l, h)                                                                               \
    {                                                                                              \
        .name = #m, .type = WT_I32, .at = offsetof(T, m), .lo = (l), .hi = (h)                     \
    }
#define I64(m, l, h)                                                                               \
    {                                                                                              \
        .name = #m, .type = WT_I64, .at = offsetof(T, m), .lo = (l), .hi = (h)                     \
    }
#define ERRNO(m) I32(m, -1000, 0)
#define TIME(m) I64(m, 0, LAST_MS)
#define SPAN(m) I64(m, 0, WEEK_MS)
#define STR(m, x, f)                                                                               \
    {                                                                                              \
        .name = #m, .type = WT_STR, .at = offsetof(T, m), .max = (x), .flags = (f)                 \
    }
#define ADDR(m) STR(m, KITH_MAX_ADDRESS, 0)
#define NEED_ADDR(m) STR(m, KITH_MAX_ADDRESS, WS_NEED)
#define NAME(m) STR(m, KITH_MAX_NAME, 0)
#define NEED_NAME(m) STR(m, KITH_MAX_NAME, WS_NEED)
#define ID(m) STR(m, KITH_MAX_ID, 0)
#define NEED_ID(m) STR(m, KITH_MAX_ID, WS_NEED)
#define LINE(m) STR(m, KITH_MAX_TEXT, 0)
#define TEXT(m) STR(m, KITH_MAX_TEXT, WS_TEXT)
#define BODY(m) STR(m, KITH_MAX_BODY, WS_TEXT)
#define SPANNED(m) STR(m, KITH_MAX_BODY, WS_TEXT | WS_BODY)
#define PATHS(m) STR(m, 65535, WS_RAW)
#define STRS(m, n, most, x, f)                                                                     \
    {                                                                                              \
        .name = #m, .type = WT_STRS, .at = offsetof(T, m), .at_n = offsetof(T, n), .hi = (most),   \
        .max = (x), .flags = (f)                                                                   \
    }
#define STRUCTS(m, n, most, s)                                                                     \
    {                                                                                              \
        .name = #m, .type = WT_STRUCTS, .at = offsetof(T, m), .at_n = offsetof(T, n),              \
        .hi = (most), .sub = (s)                                                                   \
    }
#define SPANS(m, n)                                                                                \
    {                                                                                              \
        .name = #m, .type = WT_SPANS, .at = offsetof(T, m), .at_n = offsetof(T, n),                \
        .hi = KITH_MAX_SPANS, .sub = &span_s                                                       \
    }
#define ONE(m, s)                                                                                  \
    {                                                                                              \
        .name = #m, .type = WT_ONE, .at = offsetof(T, m), .sub = (s)                               \
    }
#define GROUP(m, g)                                                                                \
    {                                                                                              \
        .name = #m, .type = WT_GROUP, .at = offsetof(T, m), .group = (g)                           \
    }
#define EVENT U64(ev.req), TIME(ev.time_ms)

/* least_m: the last member of the struct as of 0.1; it never changes, whatever is appended later.
 */
#define STRUCT(var, what, least_m)                                                                 \
    {                                                                                              \
        .name = (what), .size = sizeof(T), .sized = true,                                          \
        .least = offsetof(T, least_m) + sizeof(((T *)0)->least_m), .fields = (var),                \
        .n_fields = COUNT(var)                                                                     \
    }

/* ---- structs inside others ---- */
#define T struct kith_span
static const struct wire_field span_f[] = {U32(style), U32(start), U32(len), U32(fg), U32(bg)};
static const struct wire_struct span_s = STRUCT(span_f, "span", bg);
#undef T
#define T struct kith_field
static const struct wire_field field_f[] = {
    U32(flags),
    NEED_NAME(key),
    NAME(label),
    NAME(type),
    STRS(values, n_values, 512, KITH_MAX_TEXT, WS_TEXT | WS_SECRET),
    STRS(choice_values, n_choices, 512, KITH_MAX_NAME, 0),
    STRS(choice_labels, n_choices, 512, KITH_MAX_NAME, WS_SECOND),
    LINE(help),
    NAME(datatype),
    NAME(min),
    NAME(max),
    LINE(pattern),
    NAME(page),
    NAME(section),
    LINE(media),
    U32(least),
    U32(most)};
static const struct wire_struct field_s = STRUCT(field_f, "field", help);
#undef T
#define T struct kith_choice
static const struct wire_field choice_f[] = {U32(flags), NEED_ID(id), NAME(label)};
static const struct wire_struct choice_s = STRUCT(choice_f, "choice", label);
#undef T
#define T struct kith_attachment
static const struct wire_field attachment_f[] = {U32(flags),
                                                 ID(id),
                                                 NAME(name),
                                                 NAME(mime),
                                                 LINE(url),
                                                 I64(bytes, -1, MOST_BYTES),
                                                 I32(width, 0, 1 << 24),
                                                 I32(height, 0, 1 << 24)};
static const struct wire_struct attachment_s = STRUCT(attachment_f, "attachment", height);
#undef T
#define T struct kith_option
static const struct wire_field option_f[] = {U32(flags), NEED_NAME(key), NAME(type), LINE(fallback),
                                             LINE(help)};
static const struct wire_struct option_s = STRUCT(option_f, "option", help);
#undef T
#define T struct kith_command
static const struct wire_field command_f[] = {U32(where), NEED_NAME(name), NAME(args), LINE(help)};
static const struct wire_struct command_s = STRUCT(command_f, "command", run);
#undef T
#define T struct kith_send
static const struct wire_field send_f[] = {
    U32(flags),   NEED_ADDR(chat),    SPANNED(body),    NEED_ID(id), ID(target),
    ID(reply_to), ADDR(reply_sender), BODY(reply_body), ID(thread),  TIME(written_ms),
    SPANS(spans, n_spans), STRUCTS(attachments, n_attachments, 64, &attachment_s)};
static const struct wire_struct send_s = STRUCT(send_f, "send", written_ms);
#undef T
#define T struct kith_history_fetch
static const struct wire_field fetch_f[] = {
    U32(max), ADDR(chat), ID(before_id), ID(after_id), TIME(before_ms), TIME(after_ms), LINE(text)};
static const struct wire_struct fetch_s = STRUCT(fetch_f, "history_fetch", text);
#undef T

/* ---- events ---- */
#define T struct kith_ev_state
static const struct wire_field state_f[] = {EVENT,
                                            ENUM(state, 0, KITH_STATE_CLOSING, WIRE_DROP),
                                            ERRNO(err),
                                            LINE(text),
                                            ENUM(retry, 0, KITH_RETRY_NOW, KITH_RETRY_AUTO),
                                            ENUM(resumed, 0, 1, 1),
                                            SPAN(retry_ms),
                                            SPAN(deadline_ms)};
static const struct wire_struct state_s = STRUCT(state_f, "STATE", deadline_ms);
#undef T
#define T struct kith_ev_caps
static const struct wire_field caps_f[] = {EVENT, U32(caps)};
static const struct wire_struct caps_s = STRUCT(caps_f, "CAPS", caps);
#undef T
#define T struct kith_ev_self
static const struct wire_field self_f[] = {EVENT, NEED_ADDR(address), NAME(name), NAME(resource)};
static const struct wire_struct self_s = STRUCT(self_f, "SELF", resource);
#undef T
#define T struct kith_ev_reply
static const struct wire_field reply_f[] = {EVENT, ERRNO(err), ENUM(more, 0, 1, 1), LINE(text),
                                            ID(cursor)};
static const struct wire_struct reply_s = STRUCT(reply_f, "REPLY", cursor);
#undef T
#define T struct kith_ev_notice
static const struct wire_field notice_f[] = {EVENT, ENUM(level, 0, KITH_ERROR, KITH_INFO),
                                             ADDR(chat), TEXT(text), LINE(about)};
static const struct wire_struct notice_s = STRUCT(notice_f, "NOTICE", text);
#undef T
#define T struct kith_ev_ask
static const struct wire_field ask_f[] = {EVENT,
                                          U64(ask),
                                          ENUM(kind, 1, KITH_ASK_FILE, KITH_ASK_CONFIRM),
                                          ADDR(subject),
                                          LINE(title),
                                          TEXT(text),
                                          STRUCTS(choices, n_choices, 64, &choice_s),
                                          STRUCTS(fields, n_fields, 256, &field_s)};
static const struct wire_struct ask_s = STRUCT(ask_f, "ASK", n_fields);
#undef T
#define T struct kith_ev_ask_gone
static const struct wire_field ask_gone_f[] = {EVENT, U64(ask)};
static const struct wire_struct ask_gone_s = STRUCT(ask_gone_f, "ASK_GONE", ask);
#undef T
#define T struct kith_ev_item
static const struct wire_field item_f[] = {EVENT,
                                           ADDR(address),
                                           NAME(name),
                                           LINE(text),
                                           I64(number, -1, MOST_BYTES),
                                           STRUCTS(fields, n_fields, 256, &field_s)};
static const struct wire_struct item_s = STRUCT(item_f, "ITEM", n_fields);
#undef T
#define T struct kith_ev_sync
static const struct wire_field sync_f[] = {EVENT, ENUM(what, 1, KITH_SYNC_SUBS, WIRE_DROP),
                                           ADDR(chat)};
static const struct wire_struct sync_begin_s = STRUCT(sync_f, "SYNC_BEGIN", chat);
static const struct wire_struct sync_end_s = STRUCT(sync_f, "SYNC_END", chat);
#undef T
#define T struct kith_ev_contact
static const struct wire_field contact_f[] = {EVENT, NEED_ADDR(address), NAME(name),
                                              STRS(groups, n_groups, 64, KITH_MAX_NAME, 0),
                                              U32(flags)};
static const struct wire_struct contact_s = STRUCT(contact_f, "CONTACT", flags);
#undef T
#define T struct kith_ev_contact_gone
static const struct wire_field contact_gone_f[] = {EVENT, NEED_ADDR(address)};
static const struct wire_struct contact_gone_s = STRUCT(contact_gone_f, "CONTACT_GONE", address);
#undef T
#define T struct kith_ev_presence
static const struct wire_field presence_f[] = {EVENT,
                                               NEED_ADDR(address),
                                               NAME(resource),
                                               ENUM(show, 0, KITH_SHOW_UNKNOWN, KITH_SHOW_UNKNOWN),
                                               I32(priority, -1000, 1000),
                                               LINE(text),
                                               NAME(client),
                                               TIME(idle_since_ms)};
static const struct wire_struct presence_s = STRUCT(presence_f, "PRESENCE", idle_since_ms);
#undef T
#define T struct kith_ev_chat
static const struct wire_field chat_f[] = {
    EVENT,      NEED_ADDR(address), NAME(name),     ENUM(kind, 1, KITH_CHAT_SERVICE, WIRE_DROP),
    U32(flags), LINE(topic),        NAME(topic_by), TIME(topic_ms),
    NAME(nick), LINE(text),         U32(caps),      ADDR(old_address)};
static const struct wire_struct chat_s = STRUCT(chat_f, "CHAT", caps);
#undef T
#define T struct kith_ev_chat_gone
static const struct wire_field chat_gone_f[] = {EVENT, NEED_ADDR(address), LINE(text)};
static const struct wire_struct chat_gone_s = STRUCT(chat_gone_f, "CHAT_GONE", text);
#undef T
#define T struct kith_ev_member
static const struct wire_field member_f[] = {EVENT,
                                             NEED_ADDR(chat),
                                             NEED_NAME(nick),
                                             ID(id),
                                             ADDR(address),
                                             NAME(prefix),
                                             NAME(old_nick),
                                             LINE(text),
                                             ENUM(role, 0, KITH_ROLE_OWNER, KITH_ROLE_NONE),
                                             ENUM(show, 0, KITH_SHOW_UNKNOWN, KITH_SHOW_UNKNOWN),
                                             U32(flags)};
static const struct wire_struct member_s = STRUCT(member_f, "MEMBER", flags);
#undef T
#define T struct kith_ev_member_gone
static const struct wire_field member_gone_f[] = {EVENT,
                                                  NEED_ADDR(chat),
                                                  NEED_NAME(nick),
                                                  ID(id),
                                                  ENUM(how, 1, KITH_LEAVE_SPLIT, KITH_LEAVE_PART),
                                                  NAME(by),
                                                  LINE(text)};
static const struct wire_struct member_gone_s = STRUCT(member_gone_f, "MEMBER_GONE", text);
#undef T
#define T struct kith_ev_message
static const struct wire_field message_f[] = {
    EVENT,
    NEED_ADDR(chat),
    ADDR(sender),
    NAME(sender_name),
    ID(sender_id),
    ID(id),
    ID(origin_id),
    ID(archive_id),
    ID(target),
    ID(reply_to),
    ADDR(reply_sender),
    ID(thread),
    SPANNED(body),
    LINE(text),
    STRS(reactions, n_reactions, 64, KITH_MAX_NAME, 0),
    STRUCTS(attachments, n_attachments, 64, &attachment_s),
    U32(flags),
    ENUM(enc, 0, KITH_ENC_FAILED, KITH_ENC_UNTRUSTED),
    NAME(resource),
    SPANS(spans, n_spans),
    LINE(sender_mask)};
static const struct wire_struct message_s = STRUCT(message_f, "MESSAGE", resource);
#undef T
#define T struct kith_ev_receipt
static const struct wire_field receipt_f[] = {EVENT,
                                              NEED_ADDR(chat),
                                              ADDR(who),
                                              NEED_ID(id),
                                              ENUM(delivery, 1, KITH_FAILED, WIRE_DROP),
                                              ENUM(up_to, 0, 1, 0),
                                              ERRNO(err),
                                              LINE(text),
                                              ID(archive_id),
                                              ENUM(enc, 0, KITH_ENC_FAILED, KITH_ENC_NONE)};
static const struct wire_struct receipt_s = STRUCT(receipt_f, "RECEIPT", archive_id);
#undef T
#define T struct kith_ev_typing
static const struct wire_field typing_f[] = {EVENT, NEED_ADDR(chat), ADDR(who),
                                             ENUM(state, 0, KITH_TYPING_GONE, KITH_TYPING_NONE),
                                             TEXT(live)};
static const struct wire_struct typing_s = STRUCT(typing_f, "TYPING", live);
#undef T
#define T struct kith_ev_marker
static const struct wire_field marker_f[] = {EVENT, NEED_ADDR(chat), NEED_ID(id)};
static const struct wire_struct marker_s = STRUCT(marker_f, "MARKER", id);
#undef T
#define T struct kith_ev_progress
static const struct wire_field progress_f[] = {EVENT, I64(done, 0, MOST_BYTES),
                                               I64(total, -1, MOST_BYTES)};
static const struct wire_struct progress_s = STRUCT(progress_f, "PROGRESS", total);
#undef T
#define T struct kith_ev_sub
static const struct wire_field sub_f[] = {EVENT, NEED_ID(id), NAME(name), LINE(text),
                                          STRUCTS(options, n_options, 64, &field_s)};
static const struct wire_struct sub_s = STRUCT(sub_f, "SUB", n_options);
#undef T
#define T struct kith_ev_sub_gone
static const struct wire_field sub_gone_f[] = {EVENT, NEED_ID(id)};
static const struct wire_struct sub_gone_s = STRUCT(sub_gone_f, "SUB_GONE", id);
#undef T

#define T struct kith_ev_link
static const struct wire_field link_f[] = {EVENT, U32(waiting), SPAN(wait_ms),
                                           I64(lag_ms, -1, WEEK_MS)};
static const struct wire_struct link_s = STRUCT(link_f, "LINK", lag_ms);
#undef T

#define T struct kith_ev_happened
static const struct wire_field happened_f[] = {
    EVENT,
    NEED_ADDR(chat),
    ID(id),
    NAME(nick),
    NAME(by),
    LINE(text),
    LINE(about),
    ENUM(what, 1, KITH_HAPPENED_STANDING, WIRE_DROP),
    ENUM(how, 0, KITH_LEAVE_SPLIT, KITH_LEAVE_PART)};
static const struct wire_struct happened_s = STRUCT(happened_f, "HAPPENED", how);
#undef T

#define T struct kith_ev_encryption
static const struct wire_field encryption_f[] = {EVENT, NEED_ADDR(chat), U32(flags), NAME(method), LINE(text)};
static const struct wire_struct encryption_s = STRUCT(encryption_f, "ENCRYPTION", text);
#undef T

/* A trust that is not known here is none; who might read for a reason that is not known does not. */
#define T struct kith_ev_device
static const struct wire_field device_f[] = {EVENT,
                                             ADDR(chat),
                                             NEED_ADDR(who),
                                             ID(id),
                                             NAME(name),
                                             NAME(fingerprint),
                                             NAME(versions),
                                             LINE(why),
                                             LINE(uri),
                                             ENUM(trust, 0, KITH_DEVICE_DISTRUSTED, KITH_DEVICE_UNDECIDED),
                                             ENUM(reads, 0, KITH_READS_UNKNOWN, KITH_READS_UNKNOWN),
                                             U32(flags),
                                             TIME(since_ms),
                                             TIME(last_ms)};
static const struct wire_struct device_s = STRUCT(device_f, "DEVICE", last_ms);
#undef T

static const struct wire_struct *const events[] = {[KITH_EV_STATE] = &state_s,
                                                   [KITH_EV_CAPS] = &caps_s,
                                                   [KITH_EV_SELF] = &self_s,
                                                   [KITH_EV_REPLY] = &reply_s,
                                                   [KITH_EV_NOTICE] = &notice_s,
                                                   [KITH_EV_ASK] = &ask_s,
                                                   [KITH_EV_ASK_GONE] = &ask_gone_s,
                                                   [KITH_EV_ITEM] = &item_s,
                                                   [KITH_EV_SYNC_BEGIN] = &sync_begin_s,
                                                   [KITH_EV_SYNC_END] = &sync_end_s,
                                                   [KITH_EV_CONTACT] = &contact_s,
                                                   [KITH_EV_CONTACT_GONE] = &contact_gone_s,
                                                   [KITH_EV_PRESENCE] = &presence_s,
                                                   [KITH_EV_CHAT] = &chat_s,
                                                   [KITH_EV_CHAT_GONE] = &chat_gone_s,
                                                   [KITH_EV_MEMBER] = &member_s,
                                                   [KITH_EV_MEMBER_GONE] = &member_gone_s,
                                                   [KITH_EV_MESSAGE] = &message_s,
                                                   [KITH_EV_RECEIPT] = &receipt_s,
                                                   [KITH_EV_TYPING] = &typing_s,
                                                   [KITH_EV_MARKER] = &marker_s,
                                                   [KITH_EV_PROGRESS] = &progress_s,
                                                   [KITH_EV_SUB] = &sub_s,
                                                   [KITH_EV_SUB_GONE] = &sub_gone_s,
                                                   [KITH_EV_LINK] = &link_s,
                                                   [KITH_EV_HAPPENED] = &happened_s,
                                                   [KITH_EV_ENCRYPTION] = &encryption_s,
                                                   [KITH_EV_DEVICE] = &device_s};

const struct wire_struct *wire_event_struct(uint32_t type)
{
    return type < COUNT(events) ? events[type] : NULL;
}

/* ---- the engine's side ---- */
#define T struct wire_option
static const struct wire_field open_option_f[] = {NEED_NAME(key),
                                                  STR(value, KITH_MAX_BODY, WS_RAW),
                                                  U32(inherited)};
static const struct wire_struct open_option_s = {.name = "option",
                                                 .size = sizeof(T),
                                                 .least = sizeof(T),
                                                 .fields = open_option_f,
                                                 .n_fields = COUNT(open_option_f)};
#undef T
#define T struct wire_open
static const struct wire_field open_f[] = {
    NEED_NAME(account), NEED_NAME(protocol),
    ADDR(address),      PATHS(backend_dirs),
    PATHS(state_dir),   ID(resume),
    TIME(resume_ms),    STRUCTS(options, n_options, 1024, &open_option_s),
    NAME(parent)};
const struct wire_struct wire_struct_open = STRUCT(open_f, "OPEN", n_options);
#undef T
#define T struct wire_op
static const struct wire_field op_f[] = {ENUM(type, OP_CONNECT, OP_LOOK, WIRE_DROP),
                                         U64(req),
                                         ADDR(chat),
                                         ADDR(who),
                                         TEXT(text),
                                         ID(id),
                                         ID(id2),
                                         U32(number),
                                         U32(number2),
                                         I64(big, -1, INT64_MAX),
                                         U64(ask),
                                         STRS(list, n_list, 512, KITH_MAX_TEXT, WS_TEXT),
                                         ONE(send, &send_s),
                                         ONE(fetch, &fetch_s),
                                         STRUCTS(fields, n_fields, 256, &field_s)};
const struct wire_struct wire_struct_op = STRUCT(op_f, "OP", n_fields);
#undef T

/* ---- the account's side ---- */
static const struct kith_core_ops no_core = {.size = sizeof no_core};
static const struct kith_roster_ops no_roster = {.size = sizeof no_roster};
static const struct kith_room_ops no_rooms = {.size = sizeof no_rooms};
static const struct kith_history_ops no_history = {.size = sizeof no_history};
static const struct kith_change_ops no_change = {.size = sizeof no_change};
static const struct kith_file_ops no_files = {.size = sizeof no_files};
static const struct kith_blocking_ops no_blocking = {.size = sizeof no_blocking};
static const struct kith_directory_ops no_directory = {.size = sizeof no_directory};
static const struct kith_avatar_ops no_avatars = {.size = sizeof no_avatars};
static const struct kith_encryption_ops no_encryption = {.size = sizeof no_encryption};

#define T struct kith_protocol
static const struct wire_field protocol_f[] = {NEED_NAME(id),
                                               NAME(label),
                                               NAME(address_hint),
                                               GROUP(core, &no_core),
                                               GROUP(roster, &no_roster),
                                               GROUP(rooms, &no_rooms),
                                               GROUP(history, &no_history),
                                               GROUP(change, &no_change),
                                               GROUP(files, &no_files),
                                               GROUP(blocking, &no_blocking),
                                               GROUP(directory, &no_directory),
                                               STRUCTS(options, n_options, 512, &option_s),
                                               STRUCTS(commands, n_commands, 512, &command_s),
                                               U32(flags),
                                               GROUP(avatars, &no_avatars),
                                               GROUP(encryption, &no_encryption)};
static const struct wire_struct protocol_s = STRUCT(protocol_f, "protocol", n_commands);
#undef T
#define T struct wire_hello
static const struct wire_field hello_f[] = {ERRNO(err), LINE(text), ONE(protocol, &protocol_s),
                                            NAME(plugin_version), NAME(plugin_license)};
const struct wire_struct wire_struct_hello = STRUCT(hello_f, "HELLO", plugin_license);
#undef T
#define T struct wire_refused
static const struct wire_field refused_f[] = {ENUM(type, OP_CONNECT, OP_LOOK, WIRE_DROP),
                                              U64(req), ERRNO(err), ADDR(chat), ID(id)};
const struct wire_struct wire_struct_refused = STRUCT(refused_f, "REFUSED", id);
#undef T
#define T struct wire_secret
static const struct wire_field secret_f[] = {U64(number), ERRNO(err), NEED_NAME(key),
                                             STR(value, KITH_MAX_TEXT, WS_RAW)};
const struct wire_struct wire_struct_secret = STRUCT(secret_f, "SECRET", value);
#undef T
