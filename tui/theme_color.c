#include "tui/theme_color.h"

#include <math.h>
#include <stddef.h>

static int part(int32_t rgb, int shift)
{
    return (int)((uint32_t)rgb >> shift & 0xFF);
}

static int32_t rgb_of(int red, int green, int blue)
{
    return (int32_t)((uint32_t)red << 16 | (uint32_t)green << 8 | (uint32_t)blue);
}

int32_t theme_color_of_16(int index)
{
    static const int32_t xterm[16] = {/* XTerm-col.ad */
                                      0x000000, 0xCD0000, 0x00CD00, 0xCDCD00, 0x0000EE, 0xCD00CD,
                                      0x00CDCD, 0xE5E5E5, 0x7F7F7F, 0xFF0000, 0x00FF00, 0xFFFF00,
                                      0x5C5CFF, 0xFF00FF, 0x00FFFF, 0xFFFFFF};
    return xterm[index & 15];
}

/* The six steps of the cube, 256colres.pl of xterm. */
static int cube_step(int i)
{
    return i == 0 ? 0 : 55 + 40 * i;
}

int32_t theme_color_of_256(int index)
{
    if (index < 16)
        return theme_color_of_16(index);
    if (index >= 232) {
        int grey = 8 + 10 * (index - 232);
        return rgb_of(grey, grey, grey);
    }
    index -= 16;
    return rgb_of(cube_step(index / 36), cube_step(index / 6 % 6), cube_step(index % 6));
}

static double linear(int value)
{
    double v = value / 255.0;
    return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

double theme_color_luminance(int32_t rgb)
{
    return 0.2126 * linear(part(rgb, 16)) + 0.7152 * linear(part(rgb, 8)) +
           0.0722 * linear(part(rgb, 0));
}

double theme_color_contrast(int32_t one, int32_t other)
{
    double a = theme_color_luminance(one), b = theme_color_luminance(other);
    return a > b ? (a + 0.05) / (b + 0.05) : (b + 0.05) / (a + 0.05);
}

/* "redmean": weighs the three parts as the eye does, nearly as well as CIE Lab and without it. */
static double distance(int32_t one, int32_t other)
{
    double mean = (part(one, 16) + part(other, 16)) / 2.0;
    double r = part(one, 16) - part(other, 16), g = part(one, 8) - part(other, 8),
           b = part(one, 0) - part(other, 0);
    return (2 + mean / 256) * r * r + 4 * g * g + (2 + (255 - mean) / 256) * b * b;
}

int theme_color_to_256(int32_t rgb, int32_t behind)
{
    /* A step of the palette may cost a sixth of the contrast, or all that is more than enough. */
    double least = behind < 0 ? 0 : theme_color_contrast(rgb, behind) * 5 / 6;
    least = least > 4.5 ? 4.5 : least;
    int best = -1, any = 16;
    for (int i = 16; i < 256; i++) {
        int32_t color = theme_color_of_256(i);
        double far = distance(rgb, color);
        if (far < distance(rgb, theme_color_of_256(any)))
            any = i;
        if ((best < 0 || far < distance(rgb, theme_color_of_256(best))) &&
            (behind < 0 || theme_color_contrast(color, behind) >= least))
            best = i;
    }
    return best < 0 ? any : best;
}

bool theme_color_hue(int32_t rgb, double saturation, double *hue)
{
    int r = part(rgb, 16), g = part(rgb, 8), b = part(rgb, 0);
    int most = r > g ? r : g, least = r < g ? r : g;
    most = most > b ? most : b;
    least = least < b ? least : b;
    double span = most - least;
    if (most == 0 || span / most < saturation)
        return false;
    double at = most == r ? (g - b) / span : most == g ? 2 + (b - r) / span : 4 + (r - g) / span;
    *hue = at < 0 ? at * 60 + 360 : at * 60;
    return true;
}

double theme_color_hue_between(double one, double other)
{
    double far = fabs(one - other);
    return far > 180 ? 360 - far : far;
}

int theme_color_to_16(int32_t rgb, int32_t behind)
{
    static const int greys[] = {0, 8, 7, 15};
    static const int hues[6] = {1, 3, 2, 6, 4, 5}; /* red, yellow, green, cyan, blue, magenta */
    int32_t under = behind < 0 ? THEME_COLOR_DARK : behind;
    int of[4], count = 0, best = -1;
    double hue = 0;
    if (theme_color_hue(rgb, 0.2, &hue)) {
        of[0] = hues[(int)((hue + 30) / 60) % 6];
        of[1] = of[0] + 8;
        count = 2;
    } else {
        for (; count < 4; count++)
            of[count] = greys[count];
    }
    for (int i = 0; i < count; i++) {
        if (theme_color_contrast(theme_color_of_16(of[i]), under) < THEME_CONTRAST_SEEN)
            continue;
        if (best < 0 ||
            fabs(theme_color_luminance(theme_color_of_16(of[i])) - theme_color_luminance(rgb)) <
                fabs(theme_color_luminance(theme_color_of_16(best)) - theme_color_luminance(rgb)))
            best = of[i];
    }
    return best >= 0 ? best : theme_color_luminance(under) > 0.18 ? 0 : 15;
}

int32_t theme_color_readable(int32_t rgb, int32_t behind, double contrast)
{
    /* The end of the scale that is farther from what lies behind: the same distance to both is a
     * luminance of 0.18. */
    int end = theme_color_luminance(behind) > 0.18 ? 0 : 255;
    int32_t now = rgb;
    for (int step = 1; step <= 32 && theme_color_contrast(now, behind) < contrast; step++) {
        int of[3];
        for (int i = 0; i < 3; i++)
            of[i] = part(rgb, 16 - 8 * i) + (end - part(rgb, 16 - 8 * i)) * step / 32;
        now = rgb_of(of[0], of[1], of[2]);
    }
    return now;
}
