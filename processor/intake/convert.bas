' Loads one file, fits a workbook to its pages, writes the PDF, tells what it saw: one word a line, "done" the last.
Option Explicit
Const PAPER_WIDE = 21000 ' A4, in hundredths of a millimetre
Const PAPER_HIGH = 29700

Sub Main()
  Dim doc As Object, told As Integer, kind As String
  told = FreeFile
  Open Environ("SOHOA_TOLD") For Output As #told
  On Error GoTo Failed
  doc = StarDesktop.loadComponentFromURL(Environ("SOHOA_SOURCE"), "_blank", 0, Array( _
    Pair("FilterName", Environ("SOHOA_READER")), Pair("Hidden", True), Pair("Silent", True), _
    Pair("MacroExecutionMode", 0), Pair("UpdateDocMode", 0))) ' both: never
  If IsNull(doc) Then
    Print #told, "refused"
    Close #told
    Exit Sub
  End If
  If Environ("SOHOA_SIZED") = "no" Then TakeA4(doc)
  If doc.supportsService("com.sun.star.sheet.SpreadsheetDocument") Then
    kind = "calc_pdf_Export"
    LookAtSheets(doc, told)
  Else
    kind = "writer_pdf_Export"
    LookAtText(doc, told)
  End If
  doc.storeToURL(Environ("SOHOA_MADE"), Array(Pair("FilterName", kind), Pair("FilterData", Array( _
    Pair("SelectPdfVersion", 2), Pair("PageRange", Environ("SOHOA_PAGES")), Pair("UseTaggedPDF", False), _
    Pair("ExportFormFields", False), Pair("ExportNotes", False), Pair("ExportBookmarks", False), _
    Pair("UseLosslessCompression", True), Pair("ReduceImageResolution", False), Pair("IsSkipEmptyPages", True)))))
  Print #told, "done"
  Close #told
  Exit Sub
Failed:
  Print #told, "error " & Err & " at " & Erl
  Close #told
End Sub

Function Pair(name As String, value) As Object
  Dim made As New com.sun.star.beans.PropertyValue
  made.Name = name
  made.Value = value
  Pair = made
End Function

Sub TakeA4(doc As Object)
  Dim styles As Object, i As Long
  styles = doc.StyleFamilies.getByName("PageStyles")
  For i = 0 To styles.Count - 1
    If styles.getByIndex(i).IsLandscape Then
      styles.getByIndex(i).Width = PAPER_HIGH
      styles.getByIndex(i).Height = PAPER_WIDE
    Else
      styles.getByIndex(i).Width = PAPER_WIDE
      styles.getByIndex(i).Height = PAPER_HIGH
    End If
  Next
End Sub

Sub LookAtText(doc As Object, told As Integer)
  Dim item As Object, names, i As Long
  If doc.Redlines.createEnumeration().hasMoreElements() Then Print #told, "tracked-changes"
  If doc.EmbeddedObjects.Count > 0 Then Print #told, "embedded-object"
  item = doc.TextFields.createEnumeration()
  Do While item.hasMoreElements()
    If item.nextElement().supportsService("com.sun.star.text.textfield.Annotation") Then
      Print #told, "comment"
      Exit Do
    End If
  Loop
  names = doc.TextFieldMasters.ElementNames
  For i = LBound(names) To UBound(names)
    If InStr(names(i), "fieldmaster.DDE.") > 0 Then Print #told, "dde"
  Next
End Sub

Sub LookAtSheets(doc As Object, told As Integer)
  Dim i As Long, sheet As Object
  If doc.DDELinks.Count > 0 Then Print #told, "dde"
  If doc.SheetLinks.Count + doc.AreaLinks.Count > 0 Then Print #told, "external-link"
  For i = 0 To doc.Sheets.Count - 1
    sheet = doc.Sheets.getByIndex(i)
    If sheet.Annotations.Count > 0 Then Print #told, "comment"
    If sheet.IsVisible Then
      Fit(doc, sheet, told)
    Else
      Print #told, "hidden-sheet"
    End If
  Next
End Sub

' Columns stay together on a page, turned where that makes the print larger; whoever chose a size that does so is heeded.
Sub Fit(doc As Object, sheet As Object, told As Integer)
  Dim style As Object, wide As Double, room As Double, swapped As Double
  style = doc.StyleFamilies.getByName("PageStyles").getByName(sheet.PageStyle)
  If style.ScaleToPages > 0 Or style.ScaleToPagesX > 0 Then Exit Sub
  wide = Breadth(sheet)
  room = style.Width - style.LeftMargin - style.RightMargin
  If style.PageScale <> 100 And wide * style.PageScale / 100 <= room Then Exit Sub
  If wide > room And Not style.IsLandscape Then
    swapped = style.Width
    style.IsLandscape = True
    style.Width = style.Height
    style.Height = swapped
    room = style.Width - style.LeftMargin - style.RightMargin
  End If
  style.ScaleToPagesX = 1 ' it never enlarges; text that runs out of the last column is kept on the page as well
  style.ScaleToPagesY = 0
  If room < wide / 2 Then Print #told, "shrunk"
End Sub

Function Breadth(sheet As Object) As Double
  Dim areas, area, used As Object, i As Long, c As Long, total As Double, most As Double
  areas = sheet.getPrintAreas()
  If UBound(areas) < LBound(areas) Then
    used = sheet.createCursor()
    used.gotoEndOfUsedArea(False)
    area = used.RangeAddress
    area.StartColumn = 0
    areas = Array(area)
  End If
  For i = LBound(areas) To UBound(areas)
    total = 0
    For c = areas(i).StartColumn To areas(i).EndColumn
      If sheet.Columns.getByIndex(c).IsVisible Then total = total + sheet.Columns.getByIndex(c).Width
    Next
    If total > most Then most = total
  Next
  Breadth = most
End Function
