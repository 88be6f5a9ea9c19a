/* config/colour.c - colours: names and numbers, nearest of fewer, HSLuv, contrast, the hue of a
 * name */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "config/sha1.h"
#include "config/theme.h"
#include "kith/plugin.h"

static const int32_t palette16[16] = {0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd,
                                      0x00cdcd, 0xe5e5e5, 0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00,
                                      0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff};

int32_t colour_of_256(int index)
{
    static const int32_t steps[6] = {0, 95, 135, 175, 215, 255};
    if (index < 16)
        return palette16[index & 15];
    if (index >= 232) {
        int32_t grey = 8 + 10 * (index - 232);
        return grey << 16 | grey << 8 | grey;
    }
    index -= 16;
    return steps[index / 36] << 16 | steps[index / 6 % 6] << 8 | steps[index % 6];
}

static int distance(int32_t a, int32_t b)
{
    int r = (a >> 16 & 255) - (b >> 16 & 255), g = (a >> 8 & 255) - (b >> 8 & 255),
        l = (a & 255) - (b & 255);
    int mean =
        ((a >> 16 & 255) + (b >> 16 & 255)) / 2; /* "redmean": closer to the eye than plain RGB */
    return ((512 + mean) * r * r >> 8) + 4 * g * g + ((767 - mean) * l * l >> 8);
}

int colour_nearest_256(int32_t rgb)
{
    int best = 16;
    for (int i = 17; i < 256; i++) {
        if (distance(rgb, colour_of_256(i)) < distance(rgb, colour_of_256(best)))
            best = i;
    }
    return best;
}

int colour_nearest_16(int32_t rgb)
{
    int best = 0;
    for (int i = 1; i < 16; i++) {
        if (distance(rgb, palette16[i]) < distance(rgb, palette16[best]))
            best = i;
    }
    return best;
}

/* ---- text ---- */

static const char *const ansi[] = {"black", "red",     "green", "yellow",
                                   "blue",  "magenta", "cyan",  "white"};

static int named(const char *text)
{
    int bright = 0;
    if (strncmp(text, "bright", 6) == 0) {
        text += 6 + (text[6] == ' ' || text[6] == '-');
        bright = 8;
    }
    for (int i = 0; i < 8; i++) {
        if (strcmp(text, ansi[i]) == 0)
            return i + bright;
    }
    if (strcmp(text, "grey") == 0 || strcmp(text, "gray") == 0)
        return 8;
    return -1;
}

static bool hex_colour(const char *text, int32_t *rgb)
{
    static const char digits[] = "0123456789abcdef";
    size_t n = strlen(text);
    int32_t v = 0;
    if (text[0] != '#' || (n != 7 && n != 4))
        return false;
    for (const char *p = text + 1; *p; p++) {
        const char *d = strchr(digits, *p >= 'A' && *p <= 'F' ? *p + 32 : *p);
        if (!d)
            return false;
        int32_t nibble = (int32_t)(d - digits);
        v = n == 7 ? v << 4 | nibble : v << 8 | nibble << 4 | nibble;
    }
    *rgb = v;
    return true;
}

int colour_parse(const char *text, struct colour *out, struct err *e)
{
    int64_t index;
    int32_t rgb;
    int n;
    if (strcmp(text, "default") == 0) {
        *out = (struct colour){COLOUR_DEFAULT, COLOUR_DEFAULT, COLOUR_DEFAULT};
    } else if (hex_colour(text, &rgb)) {
        *out = (struct colour){MAX(rgb, 8), colour_nearest_256(rgb), colour_nearest_16(rgb)};
    } else if ((n = named(text)) >= 0) {
        *out = (struct colour){n < 8 ? n : palette16[n], n, n};
    } else if (str_int(text, 0, 255, &index)) {
        rgb = index < 8 ? (int32_t)index : colour_of_256((int)index);
        *out = (struct colour){index < 8 ? rgb : MAX(rgb, 8), (int32_t)index,
                               index < 16 ? (int32_t)index : colour_nearest_16(rgb)};
    } else {
        return err_set(
            e, KITH_EINVAL,
            "\"%.40s\" is no colour; write \"#7aa2f7\", 0 to 255, a name such as \"blue\", or"
            " \"default\"",
            text);
    }
    return 0;
}

/* ---- contrast ---- */

static double linear(int32_t channel)
{
    double c = channel / 255.0;
    return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

static double luminance(int32_t rgb)
{
    if (rgb >= 0 && rgb < 8) /* the terminal's own: as xterm has it */
        rgb = palette16[rgb];
    return 0.2126 * linear(rgb >> 16 & 255) + 0.7152 * linear(rgb >> 8 & 255) +
           0.0722 * linear(rgb & 255);
}

double colour_contrast(int32_t a, int32_t b)
{
    double x = luminance(a), y = luminance(b);
    return (MAX(x, y) + 0.05) / (MIN(x, y) + 0.05);
}

/* ---- HSLuv: CIE LCh of uv with the saturation stretched to what sRGB can show (hsluv.org,
 * revision 4) ---- */

static const double matrix[3][3] = {{3.240969941904521, -1.537383177570093, -0.498610760293},
                                    {-0.96924363628087, 1.87596750150772, 0.041555057407175},
                                    {0.055630079696993, -0.20397695888897, 1.056971514242878}};
#define REF_U 0.19783000664283
#define REF_V 0.46831999493879
#define KAPPA 903.2962962
#define EPSILON 0.0088564516
#define PI 3.14159265358979323846

/* The largest chroma that sRGB has at this lightness and hue: the nearest of the six lines around
 * the colours. */
static double max_chroma(double l, double hue)
{
    double sub1 = pow(l + 16, 3) / 1560896.0, sub2 = sub1 > EPSILON ? sub1 : l / KAPPA, least = 1e9;
    double rad = hue * PI / 180.0;
    for (int c = 0; c < 3; c++) {
        const double *m = matrix[c];
        for (int t = 0; t < 2; t++) {
            double top1 = (284517.0 * m[0] - 94839.0 * m[2]) * sub2;
            double top2 =
                (838422.0 * m[2] + 769860.0 * m[1] + 731718.0 * m[0]) * l * sub2 - 769860.0 * t * l;
            double bottom = (632260.0 * m[2] - 126452.0 * m[1]) * sub2 + 126452.0 * t;
            double slope = top1 / bottom, intercept = top2 / bottom;
            double length = intercept / (sin(rad) - slope * cos(rad));
            if (length >= 0 && length < least)
                least = length;
        }
    }
    return least;
}

static int32_t channel_of(double linear_value)
{
    double c = linear_value <= 0.0031308 ? 12.92 * linear_value
                                         : 1.055 * pow(linear_value, 1 / 2.4) - 0.055;
    c = c < 0 ? 0 : c > 1 ? 1 : c;
    return (int32_t)(c * 255.0 + 0.5);
}

int32_t colour_hsluv(double hue, double saturation, double lightness)
{
    if (lightness > 99.9999)
        return 0xffffff;
    if (lightness < 0.0001)
        return 0;
    double chroma = max_chroma(lightness, hue) / 100.0 * saturation, rad = hue * PI / 180.0;
    double u = cos(rad) * chroma / (13 * lightness) + REF_U,
           v = sin(rad) * chroma / (13 * lightness) + REF_V;
    double y = lightness <= 8 ? lightness / KAPPA : pow((lightness + 16) / 116, 3);
    double x = -(9 * y * u) / ((u - 4) * v - u * v), z = (9 * y - 15 * v * y - v * x) / (3 * v);
    int32_t rgb = 0;
    for (int c = 0; c < 3; c++)
        rgb = rgb << 8 | channel_of(matrix[c][0] * x + matrix[c][1] * y + matrix[c][2] * z);
    return rgb;
}

double colour_hue(const char *name)
{
    unsigned char digest[20];
    sha1(name, strlen(name), digest);
    return (digest[0] | digest[1] << 8) / 65536.0 * 360.0;
}
