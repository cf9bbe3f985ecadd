using System.Buffers.Binary;

namespace Nexo.Storage;

/// <summary>One passage through a snapshot.</summary>
internal sealed class SnapshotScan(IDiskFile file, IRecordSink? sink, ulong? logId, IStorageObserver? observer)
{
    private const long ProgressBytes = 16 * 1_024 * 1_024;

    private SnapshotHeader _header;
    private uint _headerCrc;
    private ulong _blocks;
    private long _records;
    private long _fileBytes;

    public SnapshotReport Run()
    {
        SnapshotInput? input = null;
        try
        {
            input = new SnapshotInput(file);
            _fileBytes = input.Length;
            return ReadHeader(input) ?? ReadParts(input);
        }
        catch (DiskException exception)
        {
            return Fault(SnapshotFault.Unreadable, input?.Offset ?? 0, $"cannot be read ({exception.Message})");
        }
    }

    private SnapshotReport? ReadHeader(SnapshotInput input)
    {
        ReadOnlySpan<byte> bytes = input.Peek(SnapshotFormat.HeaderBytes);
        if (bytes.Length < SnapshotFormat.HeaderBytes)
        {
            return Fault(SnapshotFault.Incomplete, bytes.Length, "the file ends within the header");
        }

        if (!SnapshotHeader.TryRead(bytes, out _header, out _headerCrc, out SnapshotFault fault))
        {
            return Fault(
                fault,
                0,
                fault == SnapshotFault.Newer ? "written by a later version of the program" : "the header is damaged");
        }

        if (logId is ulong expected && expected != _header.LogId)
        {
            return Fault(
                SnapshotFault.Foreign, 16, $"belongs to the log {_header.LogId:x16} and not to {expected:x16}");
        }

        input.Skip(SnapshotFormat.HeaderBytes);
        return null;
    }

    private SnapshotReport ReadParts(SnapshotInput input)
    {
        long nextProgress = ProgressBytes;
        while (true)
        {
            if (ReadBlock(input) is SnapshotReport end)
            {
                observer?.Progress(input.Offset, _fileBytes, _records);
                return end;
            }

            if (input.Offset >= nextProgress)
            {
                observer?.Progress(input.Offset, _fileBytes, _records);
                nextProgress = input.Offset + ProgressBytes;
            }
        }
    }

    /// <summary>The report, if this was the footer or a fault.</summary>
    private SnapshotReport? ReadBlock(SnapshotInput input)
    {
        ReadOnlySpan<byte> bytes = input.Peek(SnapshotFormat.FooterBytes);
        if (SnapshotFooter.TryRead(bytes, _headerCrc, out SnapshotFooter footer))
        {
            return CheckFooter(input.Offset, footer);
        }

        if (!SnapshotBlockHeader.TryRead(bytes, _headerCrc, out SnapshotBlockHeader header))
        {
            return bytes.Length < SnapshotFormat.FooterBytes
                ? Fault(SnapshotFault.Incomplete, _fileBytes, "the file ends without a footer")
                : Fault(SnapshotFault.Damaged, input.Offset, "neither a valid block nor a valid footer");
        }

        if (header.Index != _blocks)
        {
            return Fault(SnapshotFault.Damaged, input.Offset, $"block {header.Index} where {_blocks} should be");
        }

        long end = input.Offset + SnapshotFormat.BlockHeaderBytes + header.PayloadBytes;
        if (end > _fileBytes || header.PayloadBytes > (uint)Array.MaxLength)
        {
            return Fault(SnapshotFault.Incomplete, _fileBytes, $"the file ends within block {header.Index}");
        }

        input.Skip(SnapshotFormat.BlockHeaderBytes);
        ReadOnlySpan<byte> payload = input.Peek((int)header.PayloadBytes);
        if (payload.Length < header.PayloadBytes)
        {
            return Fault(SnapshotFault.Incomplete, input.Offset + payload.Length, "the file has become shorter");
        }

        if (Crc32C.Of(payload) != header.PayloadCrc)
        {
            return Fault(SnapshotFault.Damaged, input.Offset, $"the content of block {header.Index} is damaged");
        }

        if (!TryReadRecords(payload, header.Records))
        {
            return Fault(SnapshotFault.Damaged, input.Offset, $"block {header.Index} is not made of its records");
        }

        input.Skip(payload.Length);
        _blocks++;
        _records += header.Records;
        return null;
    }

    private SnapshotReport CheckFooter(long offset, SnapshotFooter footer)
    {
        bool right = footer.Blocks == _blocks
            && footer.Records == (ulong)_records
            && footer.LogId == _header.LogId
            && footer.Position == _header.Position;
        if (!right)
        {
            return Fault(SnapshotFault.Damaged, offset, "the footer is not that of the blocks before it");
        }

        long end = offset + SnapshotFormat.FooterBytes;
        return footer.FileBytes == (ulong)end && end == _fileBytes
            ? Fault(SnapshotFault.None, 0, "")
            : Fault(SnapshotFault.Damaged, end, "bytes behind the footer");
    }

    // First whether it is records throughout, so that a sink gets all of a block's or none.
    private bool TryReadRecords(ReadOnlySpan<byte> payload, uint expected)
    {
        uint count = 0;
        for (ReadOnlySpan<byte> rest = payload; !rest.IsEmpty; count++)
        {
            if (rest.Length < SnapshotFormat.RecordHeaderBytes)
            {
                return false;
            }

            uint bytes = BinaryPrimitives.ReadUInt32LittleEndian(rest);
            rest = rest[SnapshotFormat.RecordHeaderBytes..];
            if (bytes > (uint)rest.Length)
            {
                return false;
            }

            rest = rest[(int)bytes..];
        }

        if (count != expected)
        {
            return false;
        }

        Deliver(payload);
        return true;
    }

    private void Deliver(ReadOnlySpan<byte> records)
    {
        if (sink is null)
        {
            return;
        }

        while (!records.IsEmpty)
        {
            int end = SnapshotFormat.RecordHeaderBytes + (int)BinaryPrimitives.ReadUInt32LittleEndian(records);
            sink.OnRecord(
                _header.Position,
                records[SnapshotFormat.RecordHeaderBytes - 1],
                records[SnapshotFormat.RecordHeaderBytes..end]);
            records = records[end..];
        }
    }

    private SnapshotReport Fault(SnapshotFault fault, long offset, string reason) => new(
        file.Path,
        _header.LogId,
        _header.Position,
        _header.CreatedUnixMs,
        _records,
        _fileBytes,
        fault,
        offset,
        reason);
}
