using System.Text;
using System.Text.Json;
using Nexo.Cli.Terminal;
using Spectre.Console;

namespace Nexo.Cli.Queues;

/// <summary>
/// Facts about one thing in the three forms of output: a table for people, a name and a value a line, one JSON object.
/// </summary>
internal sealed class FactSheet
{
    private readonly List<Fact> _facts = [];

    public FactSheet Text(string name, string value, string? people = null) =>
        Add(name, value, people ?? value, json => json.WriteString(name, value));

    public FactSheet Flag(string name, bool value) => Add(
        name, value ? "1" : "0", value ? "yes" : "no", json => json.WriteBoolean(name, value));

    public FactSheet Bytes(string name, ReadOnlyMemory<byte> value, CliOutput output) =>
        Add(name, EscapedText.Escape(value.Span), output.Shown(value.Span), json => json.WriteBytes(name, value.Span));

    public FactSheet Number(string name, long value, string? people = null) =>
        Add(name, $"{value}", people ?? $"{value:N0}", json => json.WriteNumber(name, value));

    public FactSheet Rate(string name, double perSecond) => Add(
        name,
        $"{perSecond:0.###}",
        $"{perSecond:N1}/s",
        json => json.WriteNumber(name, Math.Round(perSecond, 3)));

    /// <param name="name">Without its unit, which is added where people do not look.</param>
    /// <param name="value">How long; null: nothing is said of it.</param>
    /// <param name="zero">What zero means, for people.</param>
    public FactSheet Duration(string name, TimeSpan? value, string zero = "0ms")
    {
        if (value is not { } duration)
        {
            return this;
        }

        long milliseconds = (long)duration.TotalMilliseconds;
        string people = duration == TimeSpan.Zero ? zero : DurationText.Format(duration);
        return Add($"{name}_ms", $"{milliseconds}", people, json => json.WriteNumber($"{name}_ms", milliseconds));
    }

    /// <param name="name">Without its unit, as <see cref="Duration"/> has it.</param>
    /// <param name="value">When; null: never, or not known.</param>
    public FactSheet Moment(string name, DateTimeOffset? value)
    {
        string key = $"{name}_ms";
        return value is { } moment
            ? Add(
                key,
                $"{moment.ToUnixTimeMilliseconds()}",
                QueueText.Moment(moment),
                json => json.WriteNumber(key, moment.ToUnixTimeMilliseconds()))
            : Add(key, "", "never", json => json.WriteNull(key));
    }

    public void WriteJson(Utf8JsonWriter json)
    {
        foreach (Fact fact in _facts)
        {
            fact.Json(json);
        }
    }

    public void Write(CliOutput output)
    {
        if (output.Json)
        {
            output.Object(WriteJson);
        }
        else if (output.ForPeople)
        {
            Table table = Tables.Create("name", "value");
            foreach (Fact fact in _facts)
            {
                table.AddRow(new Text(fact.Title), new Text(fact.People));
            }

            output.Render(console => console.Write(table));
        }
        else
        {
            foreach (Fact fact in _facts)
            {
                output.Items(Encoding.UTF8.GetBytes(fact.Name), Encoding.UTF8.GetBytes(fact.Plain));
            }
        }
    }

    private FactSheet Add(string name, string plain, string people, Action<Utf8JsonWriter> json)
    {
        _facts.Add(new Fact(name, plain, people, json));
        return this;
    }

    private sealed record Fact(string Name, string Plain, string People, Action<Utf8JsonWriter> Json)
    {
        public string Title => (Name.EndsWith("_ms", StringComparison.Ordinal) ? Name[..^3] : Name)
            .Replace('_', ' ');
    }
}
