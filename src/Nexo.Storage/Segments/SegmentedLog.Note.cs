using System.Buffers.Binary;

namespace Nexo.Storage;

/// <content>A note of the owner's about the segments: how far he has come with them.</content>
public sealed partial class SegmentedLog
{
    private const int NoteHeaderBytes = 40;
    private const int NoteBytesMax = 4_096;
    private const uint NoteVersion = 1;

    // Of the gate.
    private ReadOnlyMemory<byte> _note;

    private static ReadOnlySpan<byte> NoteMagic => "NXSM"u8;

    /// <summary>
    /// The last note; empty: there is none, or it went with what it was about. It does not outlive an opening at a checkpoint whose
    /// segment begins before the offset that it was written for.
    /// </summary>
    public ReadOnlyMemory<byte> Note
    {
        get
        {
            lock (_gate)
            {
                return _note;
            }
        }
    }

    /// <summary>Replaces the note, durably: the new one, or after a crash perhaps the one before.</summary>
    /// <param name="offset">It is about segments that end at this offset or before.</param>
    /// <param name="note">The owner's.</param>
    /// <exception cref="DiskException">It is the one before, in memory at least.</exception>
    public void WriteNote(long offset, ReadOnlySpan<byte> note)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(note.Length, NoteBytesMax);
        byte[] bytes = new byte[NoteHeaderBytes + note.Length];
        NoteMagic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), NoteVersion);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), note.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(16), _logId);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(24), offset);
        note.CopyTo(bytes.AsSpan(NoteHeaderBytes));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), Crc32C.Of(bytes.AsSpan(8)));
        lock (_writing)
        {
            lock (_gate)
            {
                RequireUsable();
            }

            string path = PathOf(SegmentNames.NewNote);
            using (IDiskFile file = _disk.Exists(path) ? _disk.Open(path, forWriting: true) : _disk.Create(path))
            {
                file.SetLength(0);
                file.Write(bytes, 0);
                file.Sync();
            }

            _disk.Rename(path, PathOf(SegmentNames.Note));
            SyncNames();
            lock (_gate)
            {
                _note = bytes.AsMemory(NoteHeaderBytes);
            }
        }
    }

    private void StartNote(SegmentPlan plan, SegmentedLogCheckpoint checkpoint)
    {
        if (!plan.HasNote)
        {
            return;
        }

        byte[] bytes = new byte[NoteHeaderBytes + NoteBytesMax];
        int read;
        using (IDiskFile file = _disk.Open(PathOf(SegmentNames.Note), forWriting: false))
        {
            read = file.Read(bytes, 0);
        }

        bool isWhole = read >= NoteHeaderBytes
            && bytes.AsSpan().StartsWith(NoteMagic)
            && BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(8)) == NoteVersion
            && BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(12)) == read - NoteHeaderBytes
            && BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(16)) == _logId
            && BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(4)) == Crc32C.Of(bytes.AsSpan(8, read - 8));
        if (isWhole
            && !checkpoint.IsEmpty
            && BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(24)) <= checkpoint.SegmentBase)
        {
            _note = bytes.AsMemory(NoteHeaderBytes..read);
            return;
        }

        // What it was about comes again from the owner's log, as it was first: a later opening must not believe it.
        _namesChanged = true;
        _disk.Delete(PathOf(SegmentNames.Note));
    }
}
