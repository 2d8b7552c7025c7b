/* Every odd size through flash.c, for -fsanitize=address,undefined: each array is exactly as long as
   it must be, and what no query sees holds NaN. The matrix product is written out here. */
#include <stdio.h>
#include <stdlib.h>

#include "flash.c"

void sgemm_(const char *ta, const char *tb, const int *m, const int *n, const int *k,
            const float *alpha, const float *a, const int *lda, const float *b, const int *ldb,
            const float *beta, float *c, const int *ldc) {
    for (int j = 0; j < *n; j++)
        for (int i = 0; i < *m; i++) {
            double sum = 0;
            for (int l = 0; l < *k; l++)
                sum += (double)(*ta == 'N' ? a[i + l**lda] : a[l + i**lda])
                       *(*tb == 'N' ? b[l + j**ldb] : b[j + l**ldb]);
            float *at = c + i + (long)j**ldc;
            *at = *alpha*(float)sum + (*beta == 0 ? 0 : *beta**at);
        }
}

static Tensor array(int batch, int heads, int rows, int columns, int random) {
    size_t count = (size_t)batch*heads*rows*columns;
    float *data = malloc(count*sizeof *data + (count == 0));
    for (size_t i = 0; i < count; i++) data[i] = random ? rand()/(float)RAND_MAX - .5f : 0;
    return (Tensor){data, (int64_t)heads*rows*columns, (int64_t)rows*columns, columns, 1};
}

static void check(int ok, const char *what, const Call *c) {
    if (ok) return;
    fprintf(stderr, "%s: %d queries, %d keys, before %d, after %d\n", what, c->queries, c->keys,
            c->before, c->after);
    exit(1);
}

/* One row of the forward pass, in double and without blocks. */
static void check_row(const Call *c, int b, int h, int row) {
    Range keys = keys_of(c, b, row);
    int g = h/(c->heads/c->key_heads);
    double sum = 0, output = 0;
    for (int j = keys.from; j < keys.to; j++) {
        double s = c->bias.data ? at(c->bias, b, h, row)[j] : 0;
        for (int d = 0; d < c->size; d++) s += c->scale*at(c->q, b, h, row)[d]*at(c->k, b, g, j)[d];
        sum += exp(s);
        output += exp(s)*at(c->v, b, g, j)[0];
    }
    double found = at(c->output, b, h, row)[0], lse = *at(c->lse, b, h, row);
    check(fabs(found - (sum ? output/sum : 0)) < 1e-5, "output", c);
    check(sum ? fabs(lse - log(sum)) < 1e-5 : lse == -INFINITY, "logsumexp", c);
}

static int run(int queries, int keys, int before, int after, int biased, int64_t end) {
    int B = 2, H = 4, G = 2, D = 5, Dv = 3;
    int64_t first[2] = {0, 1}, ends[2] = {keys, end};
    Call c = {
        array(B, H, queries, D, 1), array(B, G, keys, D, 1), array(B, G, keys, Dv, 1), {0},
        array(B, H, queries, Dv, 0), array(B, H, queries, 1, 0), array(B, H, queries, Dv, 1),
        array(B, H, queries, D, 0), array(B, G, keys, D, 0), array(B, G, keys, Dv, 0), {0},
        first, ends, B, H, G, queries, keys, D, Dv, before, after, .4f};
    if (biased) { c.bias = array(B, H, queries, keys, 1); c.d_bias = array(B, H, queries, keys, 0); }
    for (int b = 0; b < B; b++)
        for (int j = 0; j < keys; j++) {
            int seen = 0;
            for (int i = 0; i < queries; i++) {
                Range range = keys_of(&c, b, i);
                seen |= range.from <= j && j < range.to;
            }
            for (int g = 0; g < G && !seen; g++)
                at(c.k, b, g, j)[0] = at(c.v, b, g, j)[0] = NAN;
        }
    forward(&c, 1);
    backward(&c, 1);
    for (int b = 0; b < B; b++)
        for (int h = 0; h < H; h++)
            for (int i = 0; i < queries; i++) {
                check_row(&c, b, h, i);
                check(isfinite(at(c.d_q, b, h, i)[0]), "gradient of a query", &c);
            }
    for (int j = 0; j < keys; j++)
        check(isfinite(at(c.d_k, 1, 1, j)[0] + at(c.d_v, 1, 1, j)[0]), "gradient of a key", &c);
    Tensor all[] = {c.q, c.k, c.v, c.bias, c.output, c.lse, c.d_output, c.d_q, c.d_k, c.d_v, c.d_bias};
    for (int i = 0; i < 11; i++) free(all[i].data);
    return height(&c);
}

int main(void) {
    int sizes[] = {0, 1, 2, 15, 16, 17, 63, 65, 129, 515}, far = 1 << 30, runs = 0;
    for (int i = 0; i < 10; i++)
        for (int j = 0; j < 10; j++) {
            int q = sizes[i], k = sizes[j];
            if (i != j && q > 17 && k > 17 && q*k > 9000) continue; /* long enough as it is */
            run(q, k, far, far, 0, k);
            run(q, k, far, 0, j%2, k/2);
            run(q, k, 3, 0, 0, k);
            run(q, k, 2, 2, i%2, 0);
            runs += 4;
        }
    int high = run(8*HIGH + 1, LONG + 9, far, 9 - LONG, 0, LONG + 9); /* few see anything */
    printf("%d runs, then one in blocks of %d\n", runs, high);
    return 0;
}
