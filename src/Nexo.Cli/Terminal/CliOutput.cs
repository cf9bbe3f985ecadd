using System.Buffers;
using System.Text;
using System.Text.Json;
using Spectre.Console;

namespace Nexo.Cli.Terminal;

/// <summary>
/// Where results go. Three forms: for people on a terminal, plain lines for pipes, JSON. Buffered; <see cref="Flush"/>
/// hands over what has gathered.
/// </summary>
internal sealed class CliOutput : IDisposable
{
    private const int FlushAtBytes = 64 * 1_024;

    private readonly Stream _stream;
    private readonly ArrayBufferWriter<byte> _pending = new(FlushAtBytes);
    private readonly Utf8JsonWriter _json;
    private readonly int _width;

    public CliOutput(CliConsole console, bool json, bool color, bool escape)
    {
        _stream = console.Output;
        _json = new Utf8JsonWriter(_pending, JsonExtensions.WriterOptions);
        _width = console.Width;
        Json = json;
        Escape = escape;
        ForPeople = console.OutputIsTerminal && !json;
        Color = color && ForPeople;
    }

    public bool Json { get; }

    /// <summary>True on a terminal, without <c>--json</c>.</summary>
    public bool ForPeople { get; }

    public bool Color { get; }

    private bool Escape { get; }

    /// <summary>
    /// Exactly these bytes on a pipe; on a terminal escaped if they would harm it, and with a line's end.
    /// </summary>
    public void Value(ReadOnlySpan<byte> bytes)
    {
        if (Escape || (ForPeople && !EscapedText.IsPrintable(bytes)))
        {
            Line(Shown(bytes));
            return;
        }

        Append(bytes);
        if (ForPeople && !bytes.EndsWith("\n"u8))
        {
            Append("\n"u8);
        }
    }

    /// <summary>These bytes and a line's end; with <c>--escape</c> on one line whatever they are.</summary>
    public void Body(ReadOnlySpan<byte> bytes)
    {
        if (Escape)
        {
            Line(Shown(bytes));
            return;
        }

        Append(bytes);
        Append("\n"u8);
    }

    public void Line(ReadOnlySpan<char> text)
    {
        Encoding.UTF8.GetBytes(text, _pending);
        Append("\n"u8);
    }

    /// <summary>
    /// One line of items with a tab between them. An item that holds what separates items would be read as two: that is
    /// refused rather than written, unless escapes make it safe.
    /// </summary>
    public void Items(params ReadOnlySpan<ReadOnlyMemory<byte>> items) => Items(refuse: true, items);

    /// <summary>As <see cref="Items(ReadOnlySpan{ReadOnlyMemory{byte}})"/>, but an item that does not fit on the line is escaped: for
    /// what comes from others, who must not be able to end the output.</summary>
    public void ItemsEscaped(params ReadOnlySpan<ReadOnlyMemory<byte>> items) => Items(refuse: false, items);

    private void Items(bool refuse, ReadOnlySpan<ReadOnlyMemory<byte>> items)
    {
        for (int i = 0; i < items.Length; i++)
        {
            bool last = i == items.Length - 1;
            if (Escape || ForPeople)
            {
                Encoding.UTF8.GetBytes(Shown(items[i].Span), _pending);
            }
            else if (items[i].Span.Contains((byte)'\n') || (!last && items[i].Span.Contains((byte)'\t')))
            {
                string escaped = EscapedText.Escape(items[i].Span);
                if (refuse)
                {
                    throw CliFailure.Usage(
                        $"'{escaped}' does not fit on one line of plain output.", "use --escape or --json");
                }

                Encoding.UTF8.GetBytes(escaped, _pending);
            }
            else
            {
                _pending.Write(items[i].Span);
            }

            Append(last ? "\n"u8 : "\t"u8);
        }
    }

    /// <summary>One JSON object on a line of its own.</summary>
    public void Object(Action<Utf8JsonWriter> properties)
    {
        _json.Reset();
        _json.WriteStartObject();
        properties(_json);
        _json.WriteEndObject();
        _json.Flush();
        Append("\n"u8);
    }

    /// <summary>One result in the form that is wanted.</summary>
    public void Result(string plain, string people, Action<Utf8JsonWriter> json)
    {
        if (Json)
        {
            Object(json);
        }
        else
        {
            Line(ForPeople ? people : plain);
        }
    }

    /// <summary>Spectre's console over this output, for tables.</summary>
    /// <param name="draw">Draws.</param>
    /// <param name="lineEnd">What ends a line.</param>
    public void Render(Action<IAnsiConsole> draw, string lineEnd = "\n")
    {
        using var text = new StringWriter();
        draw(AnsiConsoles.Create(text, _width, Color, isTerminal: false));
        Encoding.UTF8.GetBytes(text.ToString().Replace("\n", lineEnd, StringComparison.Ordinal), _pending);
        FlushIfLarge();
    }

    /// <summary>A sequence that steers the terminal.</summary>
    public void Control(string sequence) => Encoding.UTF8.GetBytes(sequence, _pending);

    /// <summary>
    /// Bytes as text that cannot steer a terminal; with <c>--escape</c> such that they can be read back.
    /// </summary>
    public string Shown(ReadOnlySpan<byte> bytes) => Escape ? EscapedText.Escape(bytes) : EscapedText.Show(bytes);

    public string Dim(string text) => Paint(text, "2");

    public string Good(string text) => Paint(text, "32");

    public string Bold(string text) => Paint(text, "1");

    public void Flush()
    {
        if (_pending.WrittenCount > 0)
        {
            _stream.Write(_pending.WrittenSpan);
            _pending.ResetWrittenCount();
        }

        _stream.Flush();
    }

    public void Dispose() => _json.Dispose();

    /// <summary>Colours a text; the code is the number of an ANSI style.</summary>
    public string Paint(string text, string code) => Color ? $"\e[{code}m{text}\e[0m" : text;

    private void Append(ReadOnlySpan<byte> bytes)
    {
        _pending.Write(bytes);
        FlushIfLarge();
    }

    private void FlushIfLarge()
    {
        if (_pending.WrittenCount >= FlushAtBytes)
        {
            Flush();
        }
    }
}
