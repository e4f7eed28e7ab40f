/* SPDX-License-Identifier: MIT */
#include "probe-url.h"

#include "error.h"

static const struct
{
  const char *parameter;
  const char *option;
} parameters[] = {
  { "version", "vers" },
  { "nfsport", "port" },
  { "mountport", "mountport" },
};

static gboolean
throw_usage (GError **error, const char *text, const char *what)
{
  g_set_error (error, AGENT_ERROR, AGENT_USAGE, "\"%s\": %s (see kvol-agent probe --help)", text, what);
  return FALSE;
}

static gboolean
add_parameter (ProbeUrl *self, const char *text, const char *name, const char *value, GError **error)
{
  g_autofree char *what = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (parameters); i++)
    if (g_str_equal (parameters[i].parameter, name))
      {
        g_ptr_array_add (self->mount_options, g_strconcat (parameters[i].option, "=", value, NULL));
        return TRUE;
      }
  what = g_strdup_printf ("there is no parameter \"%s\", only version, nfsport and mountport", name);
  return throw_usage (error, text, what);
}

static gboolean
read_query (ProbeUrl *self, const char *text, const char *query, GError **error)
{
  GUriParamsIter iter;
  g_autoptr (GError) failure = NULL;

  g_uri_params_iter_init (&iter, query, -1, "&", G_URI_PARAMS_NONE);
  for (;;)
    {
      g_autofree char *name = NULL;
      g_autofree char *value = NULL;

      if (!g_uri_params_iter_next (&iter, &name, &value, &failure))
        return failure == NULL || throw_usage (error, text, failure->message);
      if (!add_parameter (self, text, name, value, error))
        return FALSE;
    }
}

gboolean
probe_url_parse (ProbeUrl *self, const char *text, GError **error)
{
  g_autoptr (GError) failure = NULL;
  g_autoptr (GUri) uri = g_uri_parse (text, G_URI_FLAGS_ENCODED_QUERY, &failure);
  const char *query = NULL;

  *self = (ProbeUrl){ 0 };
  if (uri == NULL)
    return throw_usage (error, text, failure->message);
  if (!g_str_equal (g_uri_get_scheme (uri), "nfs"))
    return throw_usage (error, text, "it does not begin with nfs://");
  if (g_uri_get_host (uri) == NULL || *g_uri_get_host (uri) == '\0')
    return throw_usage (error, text, "it names no server");
  if (*g_uri_get_path (uri) == '\0')
    return throw_usage (error, text, "it names no path of the server's");
  if (g_uri_get_port (uri) >= 0)
    return throw_usage (error, text, "a port is said as ?nfsport=N");
  if (g_uri_get_userinfo (uri) != NULL || g_uri_get_fragment (uri) != NULL)
    return throw_usage (error, text, "there is no user and no fragment in it");

  self->server = g_strdup (g_uri_get_host (uri));
  self->path = g_strdup (g_uri_get_path (uri));
  self->mount_options = g_ptr_array_new_with_free_func (g_free);
  query = g_uri_get_query (uri);
  if (query != NULL && !read_query (self, text, query, error))
    return FALSE;
  g_ptr_array_add (self->mount_options, NULL);
  return TRUE;
}

void
probe_url_clear (ProbeUrl *self)
{
  g_clear_pointer (&self->server, g_free);
  g_clear_pointer (&self->path, g_free);
  g_clear_pointer (&self->mount_options, g_ptr_array_unref);
}
