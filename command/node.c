#include "command/node.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"

#define DEFAULT_HERE "vaxel.conf"
#define DEFAULT_SYSTEM "/etc/vaxel/vaxel.conf"

int node_fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)fprintf(stderr, "vaxel: ");
	(void)vfprintf(stderr, fmt, ap);
	(void)fprintf(stderr, "\n");
	va_end(ap);
	return EXIT_NO;
}

int node_usage(const char *usage, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)fprintf(stderr, "vaxel: ");
	(void)vfprintf(stderr, fmt, ap);
	(void)fprintf(stderr, "\n%s", usage);
	va_end(ap);
	return EXIT_USAGE;
}

/* ---- options */

static const struct node_option *option_of(const struct node_option *options,
					   const char *name)
{
	for (; options && options->name; options++)
		if (!strcmp(options->name, name))
			return options;
	return NULL;
}

/* One option at argv[*i]; moves past its value. */
static int read_option(int argc, char **argv, int *i,
		       const struct node_option *options, struct node_args *a)
{
	const struct node_option *o = option_of(options, argv[*i]);
	const char **value = o ? o->value : NULL;

	if (!strcmp(argv[*i], "--help") || !strcmp(argv[*i], "-h")) {
		a->help = true;
		return 0;
	}
	if (!strcmp(argv[*i], "--json")) {
		a->json = true;
		return 0;
	}
	if (!strcmp(argv[*i], "-c"))
		value = &a->config;
	else if (!o) {
		(void)node_fail("there is no option %s", argv[*i]);
		return EINVAL;
	}
	if (!value) {
		*o->flag = true;
		return 0;
	}
	if (*i + 1 == argc) {
		(void)node_fail("%s wants a value", argv[*i]);
		return EINVAL;
	}
	*value = argv[++*i];
	return 0;
}

int node_args_read(int argc, char **argv, const struct node_option *options,
		   struct node_args *ret)
{
	struct node_args a = { 0 };

	for (int i = 1; i < argc; i++) {
		int err;

		if (argv[i][0] == '-' && argv[i][1]) {
			err = read_option(argc, argv, &i, options, &a);
			if (err)
				return err;
			continue;
		}
		if (a.count == NODE_ARGS_MAX) {
			(void)node_fail("too many arguments");
			return EINVAL;
		}
		a.args[a.count++] = argv[i];
	}
	*ret = a;
	return 0;
}

/* ---- configuration */

static void say_fault(void *arg, const struct settings_fault *f)
{
	(void)arg;
	if (!f->weakness)
		settings_fault_print(stderr, f);
}

/* NULL, having said why. */
static const char *config_file(const struct node_args *a)
{
	const char *file = a->config;

	if (!file)
		file = access(DEFAULT_HERE, F_OK) ? DEFAULT_SYSTEM
						  : DEFAULT_HERE;
	if (!a->config && access(file, F_OK)) {
		(void)node_fail("which node? Say -c FILE (there is "
				"neither " DEFAULT_HERE
				" here nor " DEFAULT_SYSTEM ")");
		return NULL;
	}
	return file;
}

struct settings *node_settings(const struct node_args *a)
{
	const char *file = config_file(a);
	struct settings *s = NULL;

	return !file || settings_load(&s, file, NULL, say_fault, NULL) ? NULL
								       : s;
}

struct settings *node_settings_as_read(const struct node_args *a)
{
	const char *file = config_file(a);
	struct settings *s = NULL;

	return !file || settings_read(&s, file, say_fault, NULL) ? NULL : s;
}

struct settings *node_settings_to_ask(const struct node_args *a)
{
	const char *file = config_file(a);
	struct settings *s = NULL;

	if (!file || !settings_load(&s, file, NULL, NULL, NULL))
		return s;
	if (settings_where(&s, file)) {
		(void)node_fail("%s cannot be read", file);
		return NULL;
	}
	(void)fprintf(stderr,
		      "%s has faults (vaxel check %s names them): asking the "
		      "node as it runs\n",
		      file, file);
	return s;
}

/* ---- the desk */

int node_connect(const struct settings *s, const char *socket_name)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int n = snprintf(at.sun_path, sizeof(at.sun_path), "%s/%s", s->runtime,
			 socket_name);
	int fd;

	if (n < 0 || (size_t)n >= sizeof(at.sun_path)) {
		(void)node_fail("the path of the runtime folder is too long");
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && !connect(fd, (struct sockaddr *)&at, sizeof(at)))
		return fd;
	if (errno == ENOENT || errno == ECONNREFUSED)
		(void)node_fail("the node does not run; start it with: "
				"vaxel run -c %s",
				s->file);
	else if (errno == EACCES)
		(void)node_fail("this is for root and for the user who "
				"started the node");
	else
		(void)node_fail("cannot reach the node: %s", strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

static int read_full(int fd, uint8_t *to, size_t len)
{
	while (len) {
		ssize_t n = read(fd, to, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? errno : EPIPE;
		to += n;
		len -= (size_t)n;
	}
	return 0;
}

static int send_request(int fd, json_t *request)
{
	char *text = request ? json_dumps(request, JSON_COMPACT) : NULL;
	uint8_t head[4];
	struct writer w = writer_on(head, sizeof(head));
	int err = text ? 0 : ENOMEM;

	json_decref(request);
	if (!err) {
		writer_u32(&w, (uint32_t)strlen(text));
		err = fd_write(fd, head, sizeof(head));
	}
	if (!err)
		err = fd_write(fd, text, strlen(text));
	free(text);
	return err;
}

static int end_of_answer(const json_t *o, const struct node_handlers *h,
			 void *arg)
{
	int status = (int)json_integer_value(json_object_get(o, "exit"));
	const char *error = json_string_value(json_object_get(o, "error"));
	const char *refused = json_string_value(json_object_get(o, "refused"));

	if (refused && h->refused)
		h->refused(arg, refused);
	else if (refused)
		(void)fprintf(stderr, "refused %s\n", refused);
	else if (status && error)
		(void)node_fail("%s", error);
	return status < EXIT_YES || status > EXIT_USAGE ? EXIT_NO : status;
}

/* One frame. *ret_end: it was the last, or the handler wants no more. */
static int take_frame(int fd, uint8_t *buf, const struct node_handlers *h,
		      void *arg, bool *ret_end)
{
	uint8_t head[TALK_HEAD];
	enum talk_type type;
	size_t len;
	json_t *o;
	int status = EXIT_YES;

	*ret_end = true;
	if (read_full(fd, head, sizeof(head)) ||
	    talk_head_read(head, &type, &len) || read_full(fd, buf, len))
		return node_fail("the desk broke off; the node may be "
				 "stopping or starting again");
	if (type == TALK_DATA) {
		if (h->data)
			status = h->data(arg, buf, len);
		*ret_end = status != EXIT_YES;
		return status;
	}
	o = json_loadb((const char *)buf, len, 0, NULL);
	if (!json_is_object(o))
		status = node_fail("the desk's answer makes no sense");
	else if (type == TALK_END)
		status = end_of_answer(o, h, arg);
	else {
		if (h->json)
			status = h->json(arg, o);
		*ret_end = status != EXIT_YES;
	}
	json_decref(o);
	return status;
}

int node_ask(const struct settings *s, json_t *request,
	     const struct node_handlers *h, void *arg)
{
	uint8_t *buf = malloc(TALK_FRAME_MAX);
	int fd = node_connect(s, TALK_SOCKET);
	int status = EXIT_NO;
	bool end = false;

	if (!buf || fd < 0)
		json_decref(request);
	else if (send_request(fd, request))
		status = node_fail("the desk does not listen");
	else
		while (!end)
			status = take_frame(fd, buf, h, arg, &end);
	if (fd >= 0)
		(void)close(fd);
	free(buf);
	return status;
}

void node_print_json(const json_t *o)
{
	(void)json_dumpf(o, stdout, JSON_COMPACT);
	(void)putchar('\n');
}
