/* base/mime.c - the media type of a file, by the end of its name */
#include "base/mime.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/base.h"

static const struct {
    const char *end, *type;
} types[] = {
    {"7z", "application/x-7z-compressed"}, {"aac", "audio/aac"}, {"avif", "image/avif"}, {"bmp", "image/bmp"},
    {"bz2", "application/x-bzip2"}, {"c", "text/x-c"}, {"css", "text/css"}, {"csv", "text/csv"},
    {"deb", "application/vnd.debian.binary-package"}, {"diff", "text/x-diff"}, {"doc", "application/msword"},
    {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {"epub", "application/epub+zip"}, {"flac", "audio/flac"}, {"gif", "image/gif"}, {"gz", "application/gzip"},
    {"heic", "image/heic"}, {"htm", "text/html"}, {"html", "text/html"}, {"ics", "text/calendar"},
    {"jpeg", "image/jpeg"}, {"jpg", "image/jpeg"}, {"js", "text/javascript"}, {"json", "application/json"},
    {"jxl", "image/jxl"}, {"log", "text/plain"}, {"m4a", "audio/mp4"}, {"md", "text/markdown"},
    {"mkv", "video/x-matroska"}, {"mov", "video/quicktime"}, {"mp3", "audio/mpeg"}, {"mp4", "video/mp4"},
    {"odp", "application/vnd.oasis.opendocument.presentation"},
    {"ods", "application/vnd.oasis.opendocument.spreadsheet"}, {"odt", "application/vnd.oasis.opendocument.text"},
    {"oga", "audio/ogg"}, {"ogg", "audio/ogg"}, {"ogv", "video/ogg"}, {"opus", "audio/ogg"},
    {"patch", "text/x-diff"}, {"pdf", "application/pdf"}, {"png", "image/png"}, {"svg", "image/svg+xml"},
    {"tar", "application/x-tar"}, {"tif", "image/tiff"}, {"tiff", "image/tiff"}, {"txt", "text/plain"},
    {"vcf", "text/vcard"}, {"wav", "audio/wav"}, {"webm", "video/webm"}, {"webp", "image/webp"},
    {"xls", "application/vnd.ms-excel"},
    {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}, {"xml", "application/xml"},
    {"xz", "application/x-xz"}, {"zip", "application/zip"}, {"zst", "application/zstd"},
};

const char *mime_of_name(const char *name)
{
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < COUNT(types); i++)
        if (strcasecmp(dot + 1, types[i].end) == 0)
            return types[i].type;
    return "application/octet-stream";
}
