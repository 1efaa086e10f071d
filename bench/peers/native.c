/*
 * What native code takes: e^s of every logit, stored and nothing else, which is the limit for any of these losses; the
 * loss; loss and gradient. In vectors of WIDTH bits, as gcc's vector extension writes them on any machine: a
 * multiplication and an addition become one fused instruction where there is one.
 *
 * It reads the data (rows and classes as int32, the logits, the labels as bytes), writes its results (row losses as
 * float64, gradient and exponentials as float32), times itself and prints the samples as JSON. program.ts starts it.
 */
#define _GNU_SOURCE
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__x86_64__) && !defined(__FMA__)
#error this processor has no FMA
#endif
#if defined(__x86_64__) && WIDTH == 256 && !defined(__AVX2__)
#error this processor has no AVX2
#endif
#if defined(__x86_64__) && WIDTH == 512 && !defined(__AVX512F__)
#error this processor has no AVX-512
#endif
#if !defined(__x86_64__) && WIDTH != 128
#error only 128 bits are measured on this kind of processor
#endif

#define LANES (WIDTH / 32)
/* As many labels are tested at once. */
#define GROUP 16
/* Float32 sums grow no longer than this before they are added to a float64 one. */
#define BLOCK 512
#define LARGE 0x1p500

typedef float Floats __attribute__((vector_size(WIDTH / 8)));
typedef int32_t Ints __attribute__((vector_size(WIDTH / 8)));
typedef int8_t Bytes __attribute__((vector_size(LANES)));

static Floats load(const float *p) {
  Floats v;
  memcpy(&v, p, sizeof v);
  return v;
}

static void store(float *p, Floats v) { memcpy(p, &v, sizeof v); }

/* The polynomial and the reduction of assembly/math/exp.ts. */
static inline Floats exponential(Floats x) {
  const float round = 12583039.0f;
  Floats t = x * 1.44269504f + round;
  Floats n = t - round;
  Floats r = n * 2.1219444e-4f + (n * -0.693359375f + x);
  Floats power = (Floats)((Ints)t << 23);
  Floats q = 0.0013838812010362744f * r + 0.008369192481040955f;
  q = q * r + 0.04166810214519501f;
  q = q * r + 0.16666516661643982f;
  q = q * r + 0.4999999403953552f;
  Floats p = (r * r) * q + r;
  return power * p + power;
}

static void exponentials(const float *logits, float *out, int64_t count) {
  int64_t i = 0;
  for (; i + GROUP <= count; i += GROUP)
    for (int j = 0; j < GROUP; j += LANES) store(out + i + j, exponential(load(logits + i + j)));
  if (i < count) {
    float in[GROUP] = {0}, e[GROUP];
    memcpy(in, logits + i, (count - i) * sizeof(float));
    for (int j = 0; j < GROUP; j += LANES) store(e + j, exponential(load(in + j)));
    memcpy(out + i, e, (count - i) * sizeof(float));
  }
}

typedef struct {
  double a, b;
} Sums;

static double total(Floats v) {
  double sum = 0;
  for (int i = 0; i < LANES; i++) sum += v[i];
  return sum;
}

/* e^s of the negative and -e^-s of the positive classes of GROUP logits; nothing is stored where `out` is null. */
static inline void group(const float *logits, const uint8_t *labels, float *out, Floats *a, Floats *b) {
  uint64_t halves[2];
  memcpy(halves, labels, GROUP);
  if (!(halves[0] | halves[1])) {
    for (int j = 0; j < GROUP; j += LANES) {
      Floats e = exponential(load(logits + j));
      *a += e;
      if (out) store(out + j, e);
    }
    return;
  }
  for (int j = 0; j < GROUP; j += LANES) {
    Bytes bytes;
    memcpy(&bytes, labels + j, LANES);
    Ints sign = __builtin_convertvector(bytes, Ints) << 31;
    Ints positive = sign >> 31;
    Floats e = exponential((Floats)((Ints)load(logits + j) ^ sign));
    *a += (Floats)((Ints)e & ~positive);
    *b += (Floats)((Ints)e & positive);
    if (out) store(out + j, (Floats)((Ints)e ^ sign));
  }
}

static inline Sums sweep(const float *logits, const uint8_t *labels, float *out, int classes) {
  Sums sums = {0, 0};
  int i = 0;
  while (i + GROUP <= classes) {
    Floats a = {0}, b = {0};
    int end = i + BLOCK < classes ? i + BLOCK : classes;
    for (; i + GROUP <= end; i += GROUP) group(logits + i, labels + i, out ? out + i : NULL, &a, &b);
    sums.a += total(a);
    sums.b += total(b);
  }
  int rest = classes - i;
  if (rest) {
    float in[GROUP] = {0}, e[GROUP];
    uint8_t marks[GROUP] = {0};
    Floats a = {0}, b = {0};
    memcpy(in, logits + i, rest * sizeof(float));
    memcpy(marks, labels + i, rest);
    group(in, marks, e, &a, &b);
    for (int j = 0; j < rest; j++) {
      if (e[j] < 0) sums.b -= e[j];
      else sums.a += e[j];
    }
    if (out) memcpy(out + i, e, rest * sizeof(float));
  }
  return sums;
}

/* Each exponential times the factor of its side, which its sign tells. */
static void scale(float *grad, int classes, float negative, float positive) {
  Ints ofNegative = (Ints)((Floats){0} + negative);
  Ints differing = ofNegative ^ (Ints)((Floats){0} + positive);
  int i = 0;
  for (; i + LANES <= classes; i += LANES) {
    Floats e = load(grad + i);
    store(grad + i, e * (Floats)(ofNegative ^ (differing & ((Ints)e >> 31))));
  }
  for (; i < classes; i++) grad[i] *= grad[i] < 0 ? positive : negative;
}

/* The mean loss; the gradient where there is an array for it; the loss of each row where there is one for that. */
static inline double loss(const float *logits, const uint8_t *labels, float *grad, double *losses, int rows, int classes) {
  double sum = 0, product = 1;
  for (int row = 0; row < rows; row++) {
    int64_t at = (int64_t)row * classes;
    float *out = grad ? grad + at : NULL;
    Sums s = sweep(logits + at, labels + at, out, classes);
    double a = 1 + s.a, b = 1 + s.b;
    product *= a * b;
    if (product > LARGE) {
      sum += log(product);
      product = 1;
    }
    if (losses) losses[row] = log1p(s.a) + log1p(s.b);
    if (out) scale(out, classes, (float)(1 / (a * rows)), (float)(1 / (b * rows)));
  }
  return (sum + log(product)) / rows;
}

static int rows, classes;
static int64_t count;
static float *logits, *grad, *e;
static uint8_t *labels;

static double lossAndGradient(void) { return loss(logits, labels, grad, NULL, rows, classes); }
static double lossAlone(void) { return loss(logits, labels, NULL, NULL, rows, classes); }
static double exponentialsAlone(void) {
  exponentials(logits, e, count);
  return e[count - 1];
}

static struct {
  const char *name;
  double (*run)(void);
  double result;
  long repetitions;
  double *samples;
} passes[] = {
    {"loss and gradient", lossAndGradient, 0, 0, NULL},
    {"loss alone", lossAlone, 0, 0, NULL},
    {"exponentials alone", exponentialsAlone, 0, 0, NULL},
};
#define PASSES 3

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

static void *allocate(size_t size) {
  void *p = aligned_alloc(64, (size + 63) / 64 * 64);
  if (!p) {
    fprintf(stderr, "no memory\n");
    exit(1);
  }
  return p;
}

static void readData(const char *path) {
  FILE *file = fopen(path, "rb");
  int32_t shape[2];
  if (!file || fread(shape, sizeof *shape, 2, file) != 2) exit(1);
  rows = shape[0];
  classes = shape[1];
  count = (int64_t)rows * classes;
  logits = allocate(count * sizeof(float));
  grad = allocate(count * sizeof(float));
  e = allocate(count * sizeof(float));
  labels = allocate(count);
  if (fread(logits, sizeof(float), count, file) != (size_t)count) exit(1);
  if (fread(labels, 1, count, file) != (size_t)count) exit(1);
  fclose(file);
}

static void writeResults(const char *path) {
  double *losses = allocate(rows * sizeof(double));
  loss(logits, labels, grad, losses, rows, classes);
  exponentials(logits, e, count);
  FILE *file = fopen(path, "wb");
  if (!file) exit(1);
  fwrite(losses, sizeof(double), rows, file);
  fwrite(grad, sizeof(float), count, file);
  fwrite(e, sizeof(float), count, file);
  if (fclose(file)) exit(1);
}

static void measure(int rounds, double sampleNs, double warmUpNs) {
  for (int p = 0; p < PASSES; p++) {
    double begin = now(), before = begin, fastest = INFINITY;
    for (int calls = 0; calls < 8 || before - begin < warmUpNs; calls++) {
      passes[p].result = passes[p].run();
      double after = now();
      if (after - before < fastest) fastest = after - before;
      before = after;
    }
    passes[p].repetitions = fastest > 0 ? (long)ceil(sampleNs / fastest) : 1;
    passes[p].samples = allocate((rounds + 1) * sizeof(double));
  }
  for (int round = 0; round < rounds; round++) {
    for (int p = 0; p < PASSES; p++) {
      passes[p].run();
      double sum = 0, begin = now();
      for (long i = 0; i < passes[p].repetitions; i++) sum += passes[p].run();
      passes[p].samples[round] = (now() - begin) / passes[p].repetitions;
      passes[p].result = sum / passes[p].repetitions;
    }
  }
}

int main(int argc, char **argv) {
  if (argc != 6) return 1;
  int rounds = atoi(argv[3]);
  readData(argv[1]);
  writeResults(argv[2]);
  measure(rounds, atof(argv[4]), atof(argv[5]));
  printf("[");
  for (int p = 0; p < PASSES; p++) {
    printf("%s{\"pass\":\"%s\",\"repetitions\":%ld,\"meanResult\":%.17g,\"samples\":[", p ? "," : "", passes[p].name,
           passes[p].repetitions, passes[p].result);
    for (int i = 0; i < rounds; i++) printf("%s%.1f", i ? "," : "", passes[p].samples[i]);
    printf("]}");
  }
  printf("]\n");
  return 0;
}
