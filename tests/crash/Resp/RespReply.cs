namespace Nexo.Crash.Resp;

/// <summary>An answer in RESP2. As a text it is in one line, by which answers are compared.</summary>
/// <param name="Kind">Its first byte; <c>_</c>: there is none.</param>
internal sealed record RespReply(char Kind, string Text, IReadOnlyList<RespReply> Items)
{
    public static RespReply Null { get; } = new('_', string.Empty, []);

    public static RespReply Ok { get; } = new('+', "OK", []);

    public bool IsNull => Kind == '_';

    public bool IsError => Kind == '-';

    public static RespReply Number(long number) => new(':', FormattableString.Invariant($"{number}"), []);

    public static RespReply Bulk(string? text) => text is null ? Null : new('$', text, []);

    public static RespReply Array(IEnumerable<RespReply> items) => new('*', string.Empty, [.. items]);

    public static RespReply Bulks(IEnumerable<string> texts) => Array(texts.Select(Bulk));

    public override string ToString() =>
        Kind == '*' ? $"[{string.Join(' ', Items)}]" : Kind == '_' ? "nothing" : $"{Kind}{Text}";
}
