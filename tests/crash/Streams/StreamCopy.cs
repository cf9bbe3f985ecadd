using System.Text;
using Nexo.Crash.Ledger;
using Nexo.Protocol;

namespace Nexo.Crash.Streams;

/// <summary>A record as a server shows it.</summary>
/// <param name="Number">What no other record has.</param>
/// <param name="IsWhole">Its bytes and its key are those of that record.</param>
internal readonly record struct StreamCopy(ulong Offset, ulong Number, bool IsWhole)
{
    private const ulong KeyEvery = 3;
    private const ulong Keys = 7;

    /// <summary>Some records have a key, which follows from their number. Empty: this one has none.</summary>
    public static byte[] KeyOf(ulong number) =>
        number % KeyEvery == 0 ? Encoding.ASCII.GetBytes($"key{number % Keys}") : [];

    public static StreamCopy Of(in StreamedRecord record)
    {
        ReadOnlySpan<byte> value = record.Value;
        bool isWhole = value.Length >= Payload.BytesMin && Payload.IsWhole(value);
        ulong number = isWhole ? Payload.NumberOf(value) : 0;
        return new StreamCopy(record.Offset, number, isWhole && record.Key.SequenceEqual(KeyOf(number)));
    }

    public override string ToString() => IsWhole ? $"#{Number:x}" : "a damaged record";
}
