using Nexo.Protocol;

namespace Nexo.Server.Http.Api;

/// <summary>What many routes have.</summary>
internal static class CommonFields
{
    public const long LimitDefault = 100;

    /// <summary>What messages or records of one answer have at most, but for a single one that has more: JSON needs more.</summary>
    public const uint PageBytesMax = 1_024 * 1_024;

    public static ApiField Prefix { get; } = new("prefix", ApiKind.Bytes, "Only those that begin so");

    public static ApiField Cursor { get; } = new("cursor", ApiKind.Cursor, "Where the list goes on: that of the page before");

    public static ApiField Limit { get; } = new(
        "limit", ApiKind.Number, $"How many at most [{LimitDefault}]; it may be fewer before the end")
    {
        Min = 1,
        Max = ScanRequest.LimitMax,
    };

    public static ApiAnswer NotFound { get; } = new(404, "It is not there.", ApiProblem.Schema);

    public static IReadOnlyList<string> Durabilities { get; } = ["default", "memory", "interval", "fsync"];

    public static uint LimitOf(ApiValues values) => (uint)values.Number("limit", LimitDefault);

    /// <summary>Asks for a page of a list.</summary>
    public static void WriteScan(FrameBuffer frame, ApiValues values) => new ScanRequest
    {
        Limit = LimitOf(values),
        Cursor = values.Bytes("cursor"),
        Prefix = values.Bytes("prefix"),
    }.Write(frame);

    /// <summary>A word of an enumeration, as the API says it.</summary>
    public static string WordOf(IReadOnlyList<string> words, ulong number) =>
        number < (ulong)words.Count ? words[(int)number] : number.ToString();
}
