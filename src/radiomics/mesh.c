/* Marching cubes (Lorensen, Cline, SIGGRAPH 1987) on a binary mask: every vertex lies half way along an edge of
 * a cube of eight neighbouring voxel centres, so there are 256 kinds of cube and their triangles are constants.
 *
 * Which triangles a kind has (ambiguous faces, diagonals of polygons) is a convention; this is PyRadiomics'
 * (radiomics/src/cshape.c, after P. Bourke's public table), since surface and volume depend on it. A kind and its
 * complement share triangles, with the other sign: the table has the 128 kinds without corner 7.
 *
 * Why this is fast: nothing is summed per triangle. Cubes are counted by kind, together with the sum of
 * their positions; area is sum(count * area of kind), and the volume under the surface, sum(det(a, b, c)) / 6,
 * splits into a constant of the kind and its area vector times the summed positions: det(p + a, p + b, p + c) =
 * det(a, b, c) + p . ((b - a) x (c - a)). The sums are whole numbers. */
#include "radiomics/mesh.h"

#include <math.h>
#include <string.h>

/* Corners 0..7 are (0,0,0) (1,0,0) (1,1,0) (0,1,0) and the same with z 1; edges 0..11 join them, and these are
 * their midpoints as (x, y, z) in half voxels. */
static const unsigned char edge_half[12][3] = {
    {1, 0, 0}, {2, 1, 0}, {1, 2, 0}, {0, 1, 0}, {1, 0, 2}, {2, 1, 2},
    {1, 2, 2}, {0, 1, 2}, {0, 0, 1}, {2, 0, 1}, {2, 2, 1}, {0, 2, 1},
};

/* Three edges (hexadecimal) a triangle. */
static const char *const triangles[128] = {
    "", "083", "190", "183198", "12a", "08312a", "92a029", "2832a8a98", "b23", "b2008b", "190b23", "b2119b98b",
    "3a1ba3", "a1008a8ba", "9033b9ba9", "98aba8", "478", "043473", "190478", "194147173", "12a478", "34730412a",
    "92a902478", "2a9297273479", "478b23", "b47b24204", "190478b23", "47b94bb29192", "3a1ba3478", "ba114b10447b",
    "4789033b9ba9", "47b4b99ba", "954", "954083", "054015", "854835315", "12a954", "08312a954", "2a5542240",
    "2a5325354834", "954b23", "b2008b954", "054015b23", "215258b28548", "3a1ba3954", "549a1008a8ba", "54050ba5bb03",
    "548a58ba8", "789579", "309539357", "780017715", "157173", "78957912a", "12a309395357", "0288258572a5",
    "2a5253357", "579789b23", "579972209b27", "b23018178157", "21b17b157", "7895793a1ba3", "5705097b0a10ba0",
    "ba003ba50078570", "ba557b", "65a", "08365a", "19065a", "18319865a", "165126", "165126083", "965906026",
    "598582526832", "b2365a", "b2008b65a", "190b2365a", "b2119b98b65a", "63b653513", "08b0b50515b6", "63b036065059",
    "65969bb98", "47865a", "04347365a", "19047865a", "19414717365a", "478165126", "043473165126", "478965906026",
    "739479329596269", "b2347865a", "b47b2420465a", "190b2347865a", "47b94bb2919265a", "47863b653513",
    "51b5b610b47b04b", "47863b036065059", "65969b4797b9", "a4964a", "a4964a083", "01aa60640", "18316886461a",
    "149124264", "149124264083", "024426", "832824426", "b23a4964a", "b2008ba4964a", "b2301aa60640",
    "64161a148b2118b", "964369139b63", "18b081b61149641", "63b036640", "86468b", "67a78a89a", "67a0a709a073",
    "67a1a7178018", "67a1a7173", "126168189678", "269129679309739", "078706602", "273267", "b2367a78a89a",
    "207b2709767a9a7", "67a1a7178018b23", "b2117ba61167", "896678169b63136", "09167b", "07870603bb60", "67b",
};

static int edge_of(char digit)
{
    return digit <= '9' ? digit - '0' : digit - 'a' + 10;
}

/* What one kind adds, in mm: its area, its area vector (twice) and its share of six times the volume. */
struct kind_share {
    double area, vector[3], volume6;
};

static void add_triangle(struct kind_share *share, double a[3], double b[3], double c[3])
{
    double u[3], v[3], cross[3];
    for (int d = 0; d < 3; d++) {
        u[d] = b[d] - a[d];
        v[d] = c[d] - a[d];
    }
    for (int d = 0; d < 3; d++) {
        int e = (d + 1) % 3, f = (d + 2) % 3;
        cross[d] = u[e] * v[f] - u[f] * v[e];
        share->vector[d] += cross[d];
    }
    share->area += 0.5 * sqrt(cross[0] * cross[0] + cross[1] * cross[1] + cross[2] * cross[2]);
    share->volume6 += a[0] * cross[0] + a[1] * cross[1] + a[2] * cross[2];
}

static struct kind_share share_of(unsigned kind, const double spacing[3])
{
    struct kind_share share = {0};
    for (const char *t = triangles[kind]; *t != '\0'; t += 3) {
        double at[3][3];
        for (int corner_i = 0; corner_i < 3; corner_i++)
            for (int d = 0; d < 3; d++)
                at[corner_i][d] = 0.5 * edge_half[edge_of(t[corner_i])][d] * spacing[d];
        add_triangle(&share, at[0], at[1], at[2]);
    }
    return share;
}

/* Cubes of a mask, row by row: corner bits of a column of four voxels, once as the cube's left side (corners 0, 3,
 * 4, 7) and once as its right side (1, 2, 5, 6). The mask is taken as surrounded by outside. */
struct cube_row {
    const uint8_t *row[4]; /* (y, z) (y+1, z) (y, z+1) (y+1, z+1); NULL outside */
};

static const uint8_t *mask_row(const uint8_t *mask, const size_t n[3], ptrdiff_t y, ptrdiff_t z)
{
    bool outside = y < 0 || z < 0 || y >= (ptrdiff_t)n[1] || z >= (ptrdiff_t)n[2];
    return outside ? NULL : mask + n[0] * ((size_t)y + n[1] * (size_t)z);
}

static struct cube_row cube_row_at(const uint8_t *mask, const size_t n[3], ptrdiff_t y, ptrdiff_t z)
{
    return (struct cube_row){{mask_row(mask, n, y, z), mask_row(mask, n, y + 1, z), mask_row(mask, n, y, z + 1),
                              mask_row(mask, n, y + 1, z + 1)}};
}

/* kind[x] of the cubes between voxels x - 1 and x, for x = 0..n. */
static void cube_row_kinds(const struct cube_row *cubes, size_t n, uint8_t *kind)
{
    static const unsigned char left[4] = {1u << 0, 1u << 3, 1u << 4, 1u << 7};
    static const unsigned char right[4] = {1u << 1, 1u << 2, 1u << 5, 1u << 6};
    memset(kind, 0, n + 1);
    for (int i = 0; i < 4; i++) { /* two loops each, which compilers make vectors of */
        const uint8_t *row = cubes->row[i];
        uint8_t at_right = right[i], at_left = left[i];
        for (size_t x = 0; row != NULL && x < n; x++)
            kind[x] = (uint8_t)(kind[x] | (row[x] != 0 ? at_right : 0));
        for (size_t x = 0; row != NULL && x < n; x++)
            kind[x + 1] = (uint8_t)(kind[x + 1] | (row[x] != 0 ? at_left : 0));
    }
}

/* The vertices that a cube hands on: those of its edges at corner 7, so that each is handed on once. */
static size_t cube_vertices(unsigned kind, const int32_t at[3], int32_t (*vertex)[3])
{
    static const unsigned char far_corner[3] = {6, 4, 3}, edge[3] = {6, 7, 11};
    size_t n = 0;
    for (int i = 0; i < 3; i++) {
        if ((kind >> far_corner[i] & 1u) == kind >> 7)
            continue;
        if (vertex != NULL)
            for (int d = 0; d < 3; d++)
                vertex[n][d] = 2 * at[d] + edge_half[edge[i]][d];
        n++;
    }
    return n;
}

/* The first cube from x on that the surface passes; n when none does. Eight at a time where all are outside or all inside. */
static size_t next_cube(const uint8_t *kinds, size_t x, size_t n)
{
    while (x + 8 <= n) {
        uint64_t eight;
        memcpy(&eight, kinds + x, 8);
        if (eight != 0 && ~eight != 0)
            break;
        x += 8;
    }
    while (x < n && (kinds[x] == 0 || kinds[x] == 255))
        x++;
    return x;
}

struct kind_sum {
    int64_t n, at[3];
};

/* Sums over kinds, and the number of vertices; the vertices themselves where `vertex` is not NULL. */
static size_t walk_cubes(const uint8_t *mask, const size_t n[3], uint8_t *kinds, struct kind_sum sum[256], int32_t (*vertex)[3])
{
    size_t vertex_n = 0;
    for (ptrdiff_t z = -1; z < (ptrdiff_t)n[2]; z++)
        for (ptrdiff_t y = -1; y < (ptrdiff_t)n[1]; y++) {
            struct cube_row cubes = cube_row_at(mask, n, y, z);
            cube_row_kinds(&cubes, n[0], kinds);
            for (size_t x = next_cube(kinds, 0, n[0] + 1); x <= n[0]; x = next_cube(kinds, x + 1, n[0] + 1)) {
                unsigned kind = kinds[x];
                const int32_t at[3] = {(int32_t)x, (int32_t)(y + 1), (int32_t)(z + 1)};
                vertex_n += cube_vertices(kind, at, vertex == NULL ? NULL : vertex + vertex_n);
                sum[kind].n++;
                for (int d = 0; d < 3; d++)
                    sum[kind].at[d] += at[d];
            }
        }
    return vertex_n;
}

bool mesh_measure(const uint8_t *mask, const size_t n[3], const double spacing[3], struct arena *arena, struct mesh *mesh, struct err *err)
{
    struct kind_sum sum[256] = {0}, again[256] = {0};
    uint8_t *kinds = arena_alloc(arena, n[0] + 1, 1, err);
    if (kinds == NULL)
        return false;
    mesh->vertex_n = walk_cubes(mask, n, kinds, sum, NULL);
    mesh->vertex = arena_alloc(arena, mesh->vertex_n, sizeof *mesh->vertex, err);
    if (mesh->vertex == NULL)
        return false;
    walk_cubes(mask, n, kinds, again, mesh->vertex);

    double volume6 = 0;
    mesh->area = 0;
    for (unsigned kind = 1; kind < 255; kind++) {
        if (sum[kind].n == 0)
            continue;
        double sign = kind < 128 ? 1 : -1;
        struct kind_share share = share_of(kind < 128 ? kind : kind ^ 0xffu, spacing);
        double here = (double)sum[kind].n * share.volume6;
        for (int d = 0; d < 3; d++)
            here += (double)sum[kind].at[d] * spacing[d] * share.vector[d];
        volume6 += sign * here;
        mesh->area += (double)sum[kind].n * share.area;
    }
    mesh->volume = -volume6 / 6; /* the table's triangles turn clockwise seen from outside, in x y z */
    return true;
}
