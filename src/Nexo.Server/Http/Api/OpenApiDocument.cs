using System.Buffers;
using System.Text.Json;
using Nexo.Server.Native;

namespace Nexo.Server.Http.Api;

/// <summary>The document at <c>/openapi.json</c> (OpenAPI 3.1), written from the table of routes.</summary>
internal static class OpenApiDocument
{
    private const string Binary = "application/octet-stream";
    private const string Json = "application/json";

    private static readonly Lazy<ReadOnlyMemory<byte>> Rendered = new(Render);

    public static ReadOnlyMemory<byte> Bytes => Rendered.Value;

    private static ReadOnlyMemory<byte> Render()
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes, ApiJson.WriterOptions))
        {
            json.WriteStartObject();
            json.WriteString("openapi", "3.1.0");
            json.WriteStartObject("info");
            json.WriteString("title", "Nexo");
            json.WriteString("version", ServerFacts.ShortVersion);
            json.WriteString("description", "Administration and simple use of a Nexo server: see docs/http.md.");
            json.WriteEndObject();
            json.WriteStartArray("security");
            WriteSecurity(json, "basic");
            WriteSecurity(json, "bearer");
            json.WriteStartObject();
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteStartObject("paths");
            foreach (IGrouping<string, ApiRoute> path in ApiRoutes.All.GroupBy(route => route.Pattern))
            {
                json.WriteStartObject(path.Key.Replace("...}", "}", StringComparison.Ordinal));
                foreach (ApiRoute route in path)
                {
                    json.WriteStartObject(route.Method.ToLowerInvariant());
                    WriteOperation(json, route);
                    json.WriteEndObject();
                }

                json.WriteEndObject();
            }

            json.WriteEndObject();
            WriteComponents(json);
            json.WriteEndObject();
        }

        return bytes.WrittenMemory;
    }

    private static void WriteSecurity(Utf8JsonWriter json, string name)
    {
        json.WriteStartObject();
        json.WriteStartArray(name);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteOperation(Utf8JsonWriter json, ApiRoute route)
    {
        json.WriteString("operationId", route.Id);
        json.WriteString("summary", route.Summary);
        string needs = route.Needs.Count == 0 ? "Needs no rule." : $"Needs {string.Join(", ", route.Needs)}.";
        json.WriteString("description", needs);
        json.WriteStartArray("tags");
        json.WriteStringValue(route.Tag);
        json.WriteEndArray();
        json.WriteStartArray("parameters");
        foreach (string name in route.PathNames)
        {
            WriteParameter(json, new ApiField(name, ApiKind.Bytes, "Percent-encoded; any bytes") { IsRequired = true }, "path");
        }

        foreach (ApiField field in route.Query)
        {
            WriteParameter(json, field, "query");
        }

        json.WriteEndArray();
        if (route.Body != ApiBody.None)
        {
            json.WriteStartObject("requestBody");
            json.WriteStartObject("content");
            json.WriteStartObject(route.Body == ApiBody.Json ? Json : Binary);
            json.WriteStartObject("schema");
            if (route.Body == ApiBody.Json)
            {
                WriteFields(json, route.Fields);
            }

            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteStartObject("responses");
        foreach (ApiAnswer answer in route.Answers)
        {
            WriteAnswer(json, answer);
        }

        json.WriteStartObject("default");
        json.WriteString("description", "It was refused.");
        WriteContent(json, ApiProblem.ContentType, () => json.WriteString("$ref", "#/components/schemas/Problem"));
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteParameter(Utf8JsonWriter json, ApiField field, string place)
    {
        json.WriteStartObject();
        json.WriteString("name", field.Name);
        json.WriteString("in", place);
        json.WriteString("description", field.About);
        json.WriteBoolean("required", field.IsRequired);
        json.WriteStartObject("schema");

        // In an address a duration may have a unit.
        WriteSchema(json, field.Kind == ApiKind.Duration ? ApiSchema.Text : ApiSchema.OfKind(field));
        WriteBounds(json, field);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteBounds(Utf8JsonWriter json, ApiField field)
    {
        if (field.Kind == ApiKind.Number)
        {
            json.WriteNumber("minimum", field.Min);
            if (field.Max != long.MaxValue)
            {
                json.WriteNumber("maximum", field.Max);
            }
        }
    }

    private static void WriteFields(Utf8JsonWriter json, IReadOnlyList<ApiField> fields)
    {
        json.WriteString("type", "object");
        json.WriteStartObject("properties");
        foreach (ApiField field in fields)
        {
            json.WriteStartObject(field.Name);
            json.WriteString("description", field.About);
            WriteSchema(json, ApiSchema.OfKind(field));
            WriteBounds(json, field);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        WriteRequired(json, fields.Where(field => field.IsRequired).Select(field => field.Name));
        json.WriteBoolean("additionalProperties", false);
    }

    private static void WriteAnswer(Utf8JsonWriter json, ApiAnswer answer)
    {
        json.WriteStartObject(answer.Status.ToString());
        json.WriteString("description", answer.About);
        if (ReferenceEquals(answer.Schema, ApiProblem.Schema))
        {
            WriteContent(json, ApiProblem.ContentType, () => json.WriteString("$ref", "#/components/schemas/Problem"));
        }
        else if (answer.Schema is { } schema)
        {
            WriteContent(json, answer.Type ?? Json, () => WriteSchema(json, schema));
        }
        else if (answer.Type is { } type)
        {
            WriteContent(json, type, () => { });
        }

        json.WriteEndObject();
    }

    private static void WriteContent(Utf8JsonWriter json, string type, Action schema)
    {
        json.WriteStartObject("content");
        json.WriteStartObject(type);
        json.WriteStartObject("schema");
        schema();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteSchema(Utf8JsonWriter json, ApiSchema schema)
    {
        switch (schema)
        {
            case ApiSchema.Plain { Type.Length: 0 }:
                break;
            case ApiSchema.Plain plain:
                json.WriteString("type", plain.Type);
                break;
            case ApiSchema.Choice choice:
                json.WriteStartArray("enum");
                foreach (string one in choice.Choices)
                {
                    json.WriteStringValue(one);
                }

                json.WriteEndArray();
                break;
            case ApiSchema.List list:
                json.WriteString("type", "array");
                WriteNested(json, "items", list.Item);
                break;
            case ApiSchema.Dictionary dictionary:
                json.WriteString("type", "object");
                WriteNested(json, "additionalProperties", dictionary.Value);
                break;
            case ApiSchema.Object of:
                WriteObject(json, of);
                break;
        }
    }

    private static void WriteObject(Utf8JsonWriter json, ApiSchema.Object of)
    {
        json.WriteString("type", "object");
        json.WriteStartObject("properties");
        foreach ((string name, ApiSchema schema) in of.Fields)
        {
            string plain = name.TrimEnd('?', '*');
            WriteNested(json, plain, schema);
            if (name.EndsWith('*'))
            {
                WriteNested(json, plain + ApiJson.Base64Suffix, schema);
            }
        }

        json.WriteEndObject();
        WriteRequired(json, of.Fields.Select(field => field.Name).Where(name => name[^1] is not ('?' or '*')));
    }

    private static void WriteRequired(Utf8JsonWriter json, IEnumerable<string> names)
    {
        string[] all = [.. names];
        if (all.Length == 0)
        {
            return;
        }

        json.WriteStartArray("required");
        foreach (string name in all)
        {
            json.WriteStringValue(name);
        }

        json.WriteEndArray();
    }

    private static void WriteNested(Utf8JsonWriter json, string name, ApiSchema schema)
    {
        json.WriteStartObject(name);
        WriteSchema(json, schema);
        json.WriteEndObject();
    }

    private static void WriteComponents(Utf8JsonWriter json)
    {
        json.WriteStartObject("components");
        json.WriteStartObject("securitySchemes");
        foreach (string scheme in (string[])["basic", "bearer"])
        {
            json.WriteStartObject(scheme);
            json.WriteString("type", "http");
            json.WriteString("scheme", scheme);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteStartObject("schemas");
        WriteNested(json, "Problem", ApiProblem.Schema);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
