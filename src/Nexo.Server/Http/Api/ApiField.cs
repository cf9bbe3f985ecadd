namespace Nexo.Server.Http.Api;

/// <summary>What a value is written as.</summary>
internal enum ApiKind
{
    /// <summary>UTF-8.</summary>
    Text,

    /// <summary>Any bytes: percent-decoded in an address; in JSON text, or base64 under the name with <c>_base64</c>.</summary>
    Bytes,

    /// <summary>A whole number from <see cref="ApiField.Min"/> to <see cref="ApiField.Max"/>.</summary>
    Number,

    Flag,

    /// <summary>Milliseconds, or with a unit in an address: <c>500ms</c>, <c>30s</c>, <c>5m</c>.</summary>
    Duration,

    /// <summary>One of <see cref="ApiField.Choices"/>; its value is the place there.</summary>
    Choice,

    /// <summary>Several texts: repeated in an address, an array in JSON.</summary>
    Texts,

    /// <summary>Where a list goes on, as the page before it has said: hexadecimal digits.</summary>
    Cursor,
}

/// <summary>A value that a request may have in its address or its body; that of an answer is described so too.</summary>
internal sealed record ApiField(string Name, ApiKind Kind, string About)
{
    public long Min { get; init; }

    public long Max { get; init; } = long.MaxValue;

    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>Of a text; no name is longer.</summary>
    public int BytesMax { get; init; } = ushort.MaxValue;

    public bool IsRequired { get; init; }

    /// <summary>What may be written, for people.</summary>
    public string Allowed => Kind switch
    {
        ApiKind.Number when Max == long.MaxValue => $"a whole number, {Min} or more",
        ApiKind.Number => $"a whole number from {Min} to {Max}",
        ApiKind.Flag => "true or false",
        ApiKind.Duration => "a duration, such as 500ms, 30s or 5m",
        ApiKind.Choice => $"one of {string.Join(", ", Choices)}",
        ApiKind.Texts => "texts, at most 65,536",
        ApiKind.Cursor => "the cursor of the page before",
        _ => "text",
    };
}
