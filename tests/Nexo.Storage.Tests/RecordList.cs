namespace Nexo.Storage.Tests;

/// <summary>Keeps the records that it is given.</summary>
internal sealed class RecordList : IRecordSink
{
    public List<(Lsn Lsn, byte Kind, string Payload)> Records { get; } = [];

    public void OnRecord(Lsn lsn, byte kind, ReadOnlySpan<byte> payload) =>
        Records.Add((lsn, kind, Convert.ToHexString(payload)));
}
