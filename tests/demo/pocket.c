/* pocket: the only program in the demo images. Every argument is one command; "run FILE" takes them from a file, one a
 * line. Freestanding, so that the images hold no code but this:
 *   gcc -static -nostdlib -ffreestanding -fno-stack-protector -Os -s -o pocket pocket.c       (Linux, x86-64)
 *
 *   out TEXT        err TEXT          a line to stdout, to stderr
 *   write PATH TEXT append PATH TEXT  a line into a file
 *   rm PATH  rmdir PATH  mkdir PATH   mv FROM TO   chmod OCTAL PATH
 *   sleep SECONDS   exit CODE         wait (for ever with 0), end
 */
typedef unsigned long word;

static long call(long number, word a, word b, word c) {
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return result;
}

enum { READ = 0, WRITE = 1, OPEN = 2, CLOSE = 3, PAUSE = 34, NANOSLEEP = 35, EXIT = 60, RENAME = 82, MKDIR = 83, RMDIR = 84, UNLINK = 87, CHMOD = 90 };

static word length(const char *text) {
    word n = 0;
    while (text[n]) n++;
    return n;
}

static void line(int file, const char *text) {
    char buffer[1024];
    word n = length(text);
    if (n > sizeof buffer - 1) n = sizeof buffer - 1;
    for (word i = 0; i < n; i++) buffer[i] = text[i];
    buffer[n] = '\n';
    call(WRITE, file, (word)buffer, n + 1);
}

/* Ends the first word of a text and returns what follows it. */
static char *cut(char *text) {
    while (*text && *text != ' ') text++;
    if (*text) *text++ = 0;
    return text;
}

static int is(const char *a, const char *b) {
    while (*a && *a == *b) a++, b++;
    return *a == *b;
}

static word number(const char *text, word base) {
    word n = 0;
    while (*text >= '0' && *text <= '9') n = n * base + (word)(*text++ - '0');
    return n;
}

static void obey(char *command);

static void run(const char *path) {
    static char text[16384];
    long file = call(OPEN, (word)path, 0, 0), n = 0, got;
    while (file >= 0 && n < (long)sizeof text - 1 && (got = call(READ, file, (word)text + n, sizeof text - 1 - n)) > 0) n += got;
    text[n] = 0;
    for (char *at = text; *at;) {
        char *start = at;
        while (*at && *at != '\n') at++;
        if (*at) *at++ = 0;
        if (*start && *start != '#') obey(start);
    }
}

static void into(char *path, int flags) {
    char *text = cut(path);
    long file = call(OPEN, (word)path, 0x41 | flags, 0644); /* O_WRONLY | O_CREAT */
    line((int)file, text);
    call(CLOSE, file, 0, 0);
}

static void obey(char *command) {
    char *rest = cut(command);
    if (is(command, "out")) line(1, rest);
    else if (is(command, "err")) line(2, rest);
    else if (is(command, "write")) into(rest, 0x200);  /* O_TRUNC */
    else if (is(command, "append")) into(rest, 0x400); /* O_APPEND */
    else if (is(command, "rm")) call(UNLINK, (word)rest, 0, 0);
    else if (is(command, "rmdir")) call(RMDIR, (word)rest, 0, 0);
    else if (is(command, "mkdir")) call(MKDIR, (word)rest, 0755, 0);
    else if (is(command, "mv")) { char *to = cut(rest); call(RENAME, (word)rest, (word)to, 0); }
    else if (is(command, "chmod")) { char *path = cut(rest); call(CHMOD, (word)path, number(rest, 8), 0); }
    else if (is(command, "exit")) call(EXIT, number(rest, 10), 0, 0);
    else if (is(command, "run")) run(rest);
    else if (is(command, "sleep")) {
        word time[2] = { number(rest, 10), 0 };
        if (time[0]) call(NANOSLEEP, (word)time, 0, 0);
        else for (;;) call(PAUSE, 0, 0, 0);
    } else { line(2, "pocket: no such command"); line(2, command); call(EXIT, 127, 0, 0); }
}

__attribute__((used)) void start(word *stack) {
    word count = stack[0];
    char **arguments = (char **)(stack + 1);
    for (word i = 1; i < count; i++) obey(arguments[i]);
    call(EXIT, 0, 0, 0);
}

__asm__(".globl _start\n_start: mov %rsp, %rdi\nand $-16, %rsp\ncall start\n");
