/* base/mime.h - the media type of a file, by the end of its name */
#ifndef BASE_MIME_H
#define BASE_MIME_H

/* "image/png" for "cat.PNG"; "application/octet-stream" where nothing is known. Never NULL, never freed. */
const char *mime_of_name(const char *name);

#endif
