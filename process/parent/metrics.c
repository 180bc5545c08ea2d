/*
 * metrics -- OpenMetrics on a local socket
 *
 * Whoever connects gets one HTTP/1.0 answer; what they send is not read. No
 * label but a process's name and number, so no number of a caller or name of a
 * nurse can stand here.
 */
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/metric.h"
#include "process/parent/house.h"

enum { ANSWER_MAX = 256 * 1024 };

struct answer {
	uv_pipe_t pipe;
	uv_write_t write;
	char text[ANSWER_MAX];
};

static void write_samples(const struct house *h, struct writer *w,
			  enum metric m)
{
	const struct metric_info *info = &metric_infos[m];
	bool counter = info->kind == METRIC_KIND_COUNTER;

	writer_printf(w, "# TYPE vaxel_%s %s\n# HELP vaxel_%s %s\n", info->name,
		      counter ? "counter" : "gauge", info->name, info->help);
	for (unsigned i = 0; i < h->memory_count; i++) {
		const struct house_memory *mem = &h->memories[i];

		if (mem->metrics)
			writer_printf(w,
				      "vaxel_%s%s{process=\"%s\",index=\"%u\"} "
				      "%llu\n",
				      info->name, counter ? "_total" : "",
				      role_name(mem->for_role), mem->for_index,
				      (unsigned long long)metric_read(
					      mem->metrics, m));
	}
}

static void write_house(const struct house *h, struct writer *w)
{
	uint64_t now = clock_mono_ms();

	writer_str(w, "# TYPE vaxel_process_up gauge\n");
	for (unsigned i = 0; i < h->child_count; i++)
		if (!house_for_a_while(h->children[i].role))
			writer_printf(
				w,
				"vaxel_process_up{process=\"%s\",index=\"%u\"}"
				" %d\n",
				role_name(h->children[i].role),
				h->children[i].index,
				h->children[i].state == CHILD_RUNNING);
	writer_str(w, "# TYPE vaxel_process_restarts counter\n");
	for (unsigned i = 0; i < h->child_count; i++)
		writer_printf(w,
			      "vaxel_process_restarts_total{process=\"%s\","
			      "index=\"%u\"} %u\n",
			      role_name(h->children[i].role),
			      h->children[i].index, h->children[i].restarts);
	writer_str(w, "# TYPE vaxel_alarm_active gauge\n# HELP "
		      "vaxel_alarm_active raised in the last ten minutes\n");
	for (unsigned i = 1; i < ALARM_CODES; i++)
		writer_printf(w, "vaxel_alarm_active{alarm=\"%s\"} %d\n",
			      alarm_name((enum alarm_code)i),
			      h->alarm_ms[i] &&
				      now - h->alarm_ms[i] < ALARM_ACTIVE_MS);
	writer_printf(w, "# TYPE vaxel_draining gauge\nvaxel_draining %d\n",
		      h->stage != STAGE_NONE);
}

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void on_written(uv_write_t *write, int status)
{
	(void)status;
	uv_close((uv_handle_t *)write->handle, on_closed);
}

static void on_connection(uv_stream_t *server, int status)
{
	static const char head[] = "HTTP/1.0 200 OK\r\nContent-Type: "
				   "application/openmetrics-text; "
				   "version=1.0.0; charset=utf-8\r\n\r\n";
	struct house *h = server->data;
	struct answer *a = status ? NULL : calloc(1, sizeof(*a));
	struct writer w;
	uv_buf_t buf;

	if (!a)
		return;
	if (uv_pipe_init(&h->loop, &a->pipe, 0)) {
		free(a);
		return;
	}
	a->pipe.data = a;
	w = writer_on(a->text, sizeof(a->text));
	writer_str(&w, head);
	for (int m = 0; m < METRIC_COUNT; m++)
		write_samples(h, &w, (enum metric)m);
	write_house(h, &w);
	writer_str(&w, "# EOF\n");
	buf = uv_buf_init(a->text, (unsigned)w.len);
	if (uv_accept(server, (uv_stream_t *)&a->pipe) ||
	    uv_write(&a->write, (uv_stream_t *)&a->pipe, &buf, 1, on_written))
		uv_close((uv_handle_t *)&a->pipe, on_closed);
}

int house_serve_metrics(struct house *h)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/metrics.sock",
		       h->settings->runtime);
	(void)unlink(path);
	if (uv_pipe_init(&h->loop, &h->metrics, 0) ||
	    uv_pipe_bind(&h->metrics, path) || chmod(path, 0660))
		return EINVAL;
	h->metrics.data = h;
	return uv_listen((uv_stream_t *)&h->metrics, 16, on_connection) ? EINVAL
									: 0;
}
