namespace Nexo.Engine.Topics;

/// <summary>
/// A filter, or a level of some: 36 bytes and its text, without a reference, so that the garbage collector passes over millions of
/// them. Links are numbers of other nodes; 0 is none.
/// </summary>
internal struct FilterNode
{
    /// <summary>Of its text and its parent; of the links of a parent, 0.</summary>
    public uint Hash;

    /// <summary>The next in its bucket, or of the free ones.</summary>
    public int Next;

    /// <summary><see cref="FilterTable.Exact"/>: the text is a whole filter without wildcards.</summary>
    public int Parent;

    /// <summary>Where its text lies; 0: it has none, as an empty level or a wildcard.</summary>
    public uint Text;

    public ushort TextLength;

    /// <summary>The child for <c>+</c>.</summary>
    public int Plus;

    /// <summary>The child for <c>#</c>.</summary>
    public int Rest;

    /// <summary>How many children it has, those two among them.</summary>
    public int Children;

    /// <summary>The one subscription that has this filter; negative: the complement of a place among the lists; 0: nobody.</summary>
    public int Receivers;
}
