/* FlashAttention for a processor (Dao et al., 2022): exact attention, its scores never all there.

   A block of queries meets one block of keys after another. Of what it has seen it keeps, per query,
   the largest score, the sum of the weights and the weighted sum of the values. Keys that no query of
   the block may see are skipped, and with them their work.

     S = q.kT scale + bias     P = 2^(S - largest)     output = P.v / sum     lse = largest + log sum
     backward, with P = 2^(S - lse):      dV = PT.dO     dS = P (dO.VT - delta)     delta = sum dO O
                                          dQ = dS.K scale     dK = dST.Q scale

   Scores are kept in units of log 2, so that e^x is a power of 2. Rows are float32, and contiguous. */
#include <float.h>
#include <math.h>
#include <stdint.h>

enum { LOW = 32, MIDDLE = 64, HIGH = 256, KEYS = 512 }; /* queries of a block, and its keys at once */
enum { LONG = 8192, LANES = 16 }; /* keys too many for the cache; what a processor does at once */
static const float LOG2_E = 1.44269504f, LOG_2 = .693147181f;

typedef struct { float *data; int64_t batch, head, row, column; } Tensor; /* (B, H, T, D): strides */
typedef struct { int from, to; } Range;
typedef struct {
    Tensor q, k, v, bias, output, lse, d_output, d_q, d_k, d_v, d_bias; /* a bias may be absent */
    const int64_t *first, *end; /* of each sequence: its own keys, the others are padding; or NULL */
    int32_t batch, heads, key_heads, queries, keys, size, value_size;
    int32_t before, after; /* a query sees the keys from its place - before to its place + after */
    float scale;
} Call;
typedef struct { const Call *c; int b, h, g; Range rows, keys; } Block; /* g: the key head */

static int least(int a, int b) { return a < b ? a : b; }
static int most(int a, int b) { return a > b ? a : b; }
static float *at(Tensor t, int b, int h, int row) {
    return t.data + b*t.batch + h*t.head + row*t.row;
}

/* C = alpha A.B + beta C, of m rows and n columns; 'T' for an A or B that is stored turned over. */
extern void sgemm_(const char *, const char *, const int *, const int *, const int *, const float *,
                   const float *, const int *, const float *, const int *, const float *, float *,
                   const int *);
static void product(char a_turned, char b_turned, int m, int n, int k, float alpha, const float *a,
                    int64_t a_row, const float *b, int64_t b_row, float beta, float *c,
                    int64_t c_row) {
    int lda = (int)a_row, ldb = (int)b_row, ldc = (int)c_row;
    /* Fortran takes our rows for columns: it sees all three turned over, and (A.B)T = BT.AT. */
    sgemm_(&b_turned, &a_turned, &n, &m, &k, &alpha, b, &ldb, a, &lda, &beta, c, &ldc);
}

/* 2^x for x <= 0; 0 from -127 on. x = n + r, n whole and |r| <= 1/2: n becomes the exponent of the
   number, and 2^r is a polynomial. No branch and no call, so that many are computed at once. */
static inline float power_of_2(float x) {
    x = x < -127.f ? -127.f : x;
    union { float f; uint32_t bits; } n = {x + 12583039.f}; /* 1.5 2^23 + 127: fractions get lost */
    float r = x - (n.f - 12583039.f);
    float p = 1 + r*(.6931472f + r*(.24022648f + r*(.05550332f + r*(.00961841f + r*(.00133991f
              + r*.0001536f)))));
    union { uint32_t bits; float f; } two_to_n = {n.bits << 23};
    return p*two_to_n.f;
}

/* Four loops over one row of a block. Alone, or a compiler forgets to take LANES numbers at once. */
#define ALONE static __attribute__((noinline))

ALONE void hide_outside(Range seen, float *s, int count) {
    #pragma omp simd
    for (int j = 0; j < count*LANES; j++)
        s[j] = (j >= seen.from) & (j < seen.to) ? s[j] : -INFINITY;
}

ALONE float largest_of(const float *s, int count, float largest) {
    #pragma omp simd reduction(max: largest)
    for (int j = 0; j < count*LANES; j++) largest = s[j] > largest ? s[j] : largest;
    return largest;
}

ALONE float weigh(float *s, int count, float largest) { /* S becomes P; its sum */
    float sum = 0;
    #pragma omp simd reduction(+: sum)
    for (int j = 0; j < count*LANES; j++) {
        s[j] = power_of_2(s[j] - largest);
        sum += s[j];
    }
    return sum;
}

ALONE void pull_back(Range seen, float *d_p, const float *p, int count, float delta) { /* to dS */
    #pragma omp simd
    for (int j = 0; j < count*LANES; j++)
        d_p[j] = (j >= seen.from) & (j < seen.to) ? p[j]*(d_p[j] - delta) : 0;
}

/* The keys that the query of this row may see; it may be none (from >= to). */
static Range keys_of(const Call *c, int b, int row) {
    int place = row + c->keys - c->queries; /* the last query stands at the last key */
    int first = c->first ? (int)c->first[b] : 0, end = c->end ? (int)c->end[b] : c->keys;
    return (Range){most(most(0, first), place - c->before),
                   least(least(end, c->keys), place + c->after + 1)};
}

static int is_blind(const Call *c, int b, int row) {
    Range keys = keys_of(c, b, row);
    return keys.from >= keys.to;
}

/* Queries in a block. A low one wastes less behind a mask's edge; a high one reads the keys less often,
   which counts where they do not stay in the cache, and leaves fewer blocks to share among threads. */
static int height(const Call *c) {
    if (c->queries <= 4*LOW && c->after < c->queries) return LOW;
    return least(c->keys, c->before) >= LONG && c->queries >= 8*HIGH ? HIGH : MIDDLE;
}

/* The queries from `start` on, and all keys that any of them sees. Queries at either end that see
   nothing are left out, as are keys: what stands in them, even NaN, is never read. */
static Block block_at(const Call *c, int b, int h, int start) {
    Range rows = {start, least(start + height(c), c->queries)};
    while (rows.from < rows.to && is_blind(c, b, rows.from)) rows.from++;
    while (rows.from < rows.to && is_blind(c, b, rows.to - 1)) rows.to--;
    Range keys = {keys_of(c, b, rows.from).from, keys_of(c, b, rows.to - 1).to};
    return (Block){c, b, h, h / (c->heads / c->key_heads), rows, keys};
}

/* What row i of the block sees of the `count` keys from `start` on, counted from there. */
static Range seen_by(const Block *x, int i, int start, int count) {
    Range keys = keys_of(x->c, x->b, x->rows.from + i);
    int from = least(most(keys.from - start, 0), count);
    return (Range){from, least(most(keys.to - start, from), count)};
}

/* S of the block's queries and the `count` keys from `start` on: hidden ones are minus infinity. */
static void score(const Block *x, int start, int count, int lanes, float *s) {
    const Call *c = x->c;
    int m = x->rows.to - x->rows.from, wide = lanes*LANES;
    product('N', 'T', m, count, c->size, c->scale*LOG2_E, at(c->q, x->b, x->h, x->rows.from),
            c->q.row, at(c->k, x->b, x->g, start), c->k.row, 0, s, wide);
    for (int i = 0; i < m; i++, s += wide) {
        Range seen = seen_by(x, i, start, count);
        if (c->bias.data) {
            const float *bias = at(c->bias, x->b, x->h, x->rows.from + i) + start*c->bias.column;
            for (int j = 0; j < count; j++, bias += c->bias.column)
                s[j] = *bias == -INFINITY ? -INFINITY : s[j] + *bias*LOG2_E;
        }
        if (seen.to - seen.from < wide) hide_outside(seen, s, lanes);
    }
}

static void forward_block(const Call *c, int b, int h, int start) {
    int high = height(c);
    float s[high*KEYS], largest[high], sum[high];
    Block x = block_at(c, b, h, start);
    int m = x.rows.to - x.rows.from, n = c->value_size;
    for (int i = start; i < least(start + high, c->queries); i++) {
        for (int d = 0; d < n; d++) at(c->output, b, h, i)[d] = 0;
        *at(c->lse, b, h, i) = -INFINITY;
    }
    if (m <= 0) return;
    for (int i = 0; i < m; i++) { largest[i] = -FLT_MAX; sum[i] = 0; }
    for (int j = x.keys.from; j < x.keys.to; j += KEYS) {
        int count = least(KEYS, x.keys.to - j), lanes = (count + LANES - 1)/LANES;
        score(&x, j, count, lanes, s);
        for (int i = 0; i < m; i++) {
            float *p = s + i*lanes*LANES, *output = at(c->output, b, h, x.rows.from + i);
            float before = largest[i];
            largest[i] = largest_of(p, lanes, before);
            float fading = power_of_2(before - largest[i]); /* of what was summed up so far */
            sum[i] = sum[i]*fading + weigh(p, lanes, largest[i]);
            if (sum[i] != 0 && fading != 1) for (int d = 0; d < n; d++) output[d] *= fading;
        }
        product('N', 'N', m, n, count, 1, s, lanes*LANES, at(c->v, b, x.g, j), c->v.row, 1,
                at(c->output, b, h, x.rows.from), c->output.row);
    }
    for (int i = 0; i < m; i++) {
        if (sum[i] == 0) continue; /* a bias hid all: output 0, lse minus infinity */
        float *output = at(c->output, b, h, x.rows.from + i), share = 1/sum[i];
        for (int d = 0; d < n; d++) output[d] *= share;
        *at(c->lse, b, h, x.rows.from + i) = (largest[i] + log2f(sum[i]))*LOG_2;
    }
}

static void backward_block(const Call *c, int b, int h, int start) {
    int high = height(c);
    float p[high*KEYS], d_s[high*KEYS], delta[high], lse[high];
    Block x = block_at(c, b, h, start);
    int first = x.rows.from, m = x.rows.to - first, n = c->value_size;
    if (m <= 0) return;
    const float *d_output = at(c->d_output, b, h, first);
    for (int i = 0; i < m; i++) {
        const float *output = at(c->output, b, h, first + i), *pull = d_output + i*c->d_output.row;
        delta[i] = 0;
        for (int d = 0; d < n; d++) delta[i] += pull[d]*output[d];
        lse[i] = *at(c->lse, b, h, first + i)*LOG2_E;
        if (lse[i] < -FLT_MAX) lse[i] = -FLT_MAX; /* infinity minus infinity would be NaN */
    }
    for (int j = x.keys.from; j < x.keys.to; j += KEYS) {
        int count = least(KEYS, x.keys.to - j), lanes = (count + LANES - 1)/LANES;
        int wide = lanes*LANES;
        score(&x, j, count, lanes, p);
        product('N', 'T', m, count, n, 1, d_output, c->d_output.row, at(c->v, b, x.g, j), c->v.row,
                0, d_s, wide);
        for (int i = 0; i < m; i++) {
            Range seen = seen_by(&x, i, j, count);
            weigh(p + i*wide, lanes, lse[i]);
            pull_back(seen, d_s + i*wide, p + i*wide, lanes, delta[i]);
            if (!c->d_bias.data) continue;
            float *d_bias = at(c->d_bias, b, h, first + i) + j*c->d_bias.column;
            for (int k = seen.from; k < seen.to; k++) d_bias[k*c->d_bias.column] += d_s[i*wide + k];
        }
        product('T', 'N', count, n, m, 1, p, wide, d_output, c->d_output.row, 1,
                at(c->d_v, b, x.g, j), c->d_v.row);
        product('N', 'N', m, c->size, count, c->scale, d_s, wide, at(c->k, b, x.g, j), c->k.row, 1,
                at(c->d_q, b, h, first), c->d_q.row);
        product('T', 'N', count, c->size, m, c->scale, d_s, wide, at(c->q, b, h, first), c->q.row,
                1, at(c->d_k, b, x.g, j), c->d_k.row);
    }
}

/* Blocks of queries write their own outputs: any thread may take any of them. */
void forward(const Call *c, int threads) {
    int high = height(c), blocks = (c->queries + high - 1)/high;
    #pragma omp parallel for num_threads(threads) schedule(dynamic)
    for (int task = 0; task < c->batch*c->heads*blocks; task++)
        forward_block(c, task/blocks/c->heads, task/blocks%c->heads, task%blocks*high);
}

/* The gradients of a key gather from all its queries: a thread takes a whole key head. */
void backward(const Call *c, int threads) {
    int group = c->key_heads ? c->heads/c->key_heads : 0;
    #pragma omp parallel for num_threads(threads) schedule(dynamic)
    for (int task = 0; task < c->batch*c->key_heads; task++)
        for (int h = task%c->key_heads*group; h < (task%c->key_heads + 1)*group; h++)
            for (int start = 0; start < c->queries; start += height(c))
                backward_block(c, task/c->key_heads, h, start);
}
