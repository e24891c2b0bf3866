import eu.europa.esig.dss.diagnostic.TimestampWrapper;
import eu.europa.esig.dss.jaxb.object.Message;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.simplereport.SimpleReport;
import eu.europa.esig.dss.spi.DSSUtils;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import eu.europa.esig.dss.validation.SignedDocumentValidator;
import eu.europa.esig.dss.validation.reports.Reports;
import java.io.File;
import java.util.ArrayList;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * EU DSS judges signed PDFs by the ETSI EN 319 102-1 policy it ships, offline, trusting one root.
 *
 * <p>Usage: {@code Validate ROOT.pem FILE...}; prints one JSON line for each signature, or for each file that has none or
 * cannot be read.
 */
public final class Validate {
    private Validate() {}

    public static void main(String[] args) {
        var trusted = new CommonTrustedCertificateSource();
        trusted.addCertificate(DSSUtils.loadCertificate(new File(args[0])));
        for (String file : List.of(args).subList(1, args.length)) {
            try {
                judge(file, trusted).forEach(facts -> System.out.println(json(facts)));
            } catch (RuntimeException error) {
                System.out.println(json(facts(file, "indication", "UNREADABLE", "errors", List.of(error.toString()))));
            }
        }
    }

    private static List<Map<String, Object>> judge(String file, CommonTrustedCertificateSource trusted) {
        var verifier = new CommonCertificateVerifier(); // without sources of its own it asks nobody for revocation data
        verifier.setAIASource(null); // nor for certificates
        verifier.setTrustedCertSources(trusted);
        var validator = SignedDocumentValidator.fromDocument(new FileDocument(file));
        validator.setCertificateVerifier(verifier);
        Reports reports = validator.validateDocument();
        SimpleReport simple = reports.getSimpleReport();
        List<Map<String, Object>> found = new ArrayList<>();
        for (String id : simple.getSignatureIdList()) {
            List<String> stamps = reports.getDiagnosticData().getSignatureById(id).getTimestampList().stream()
                    .map(TimestampWrapper::getId).toList();
            found.add(facts(file,
                    "indication", simple.getIndication(id).name(),
                    "sub_indication", simple.getSubIndication(id) == null ? null : simple.getSubIndication(id).name(),
                    "signature_format", String.valueOf(simple.getSignatureFormat(id)),
                    "signed_by", simple.getSignedBy(id),
                    "best_signature_time", iso(simple.getBestSignatureTime(id)),
                    "timestamps", stamps.stream().map(stamp -> simple.getIndication(stamp).name()).toList(),
                    "errors", texts(simple.getAdESValidationErrors(id)),
                    "warnings", texts(simple.getAdESValidationWarnings(id))));
        }
        return found.isEmpty() ? List.of(facts(file, "indication", "NO_SIGNATURE")) : found;
    }

    private static Map<String, Object> facts(String file, Object... pairs) {
        Map<String, Object> made = new LinkedHashMap<>();
        made.put("file", file);
        for (int i = 0; i < pairs.length; i += 2) {
            made.put((String) pairs[i], pairs[i + 1]);
        }
        return made;
    }

    private static List<String> texts(List<Message> messages) {
        return messages.stream().map(Message::getValue).toList();
    }

    private static String iso(Date moment) {
        return moment == null ? null : moment.toInstant().toString();
    }

    private static String json(Object value) {
        if (value instanceof Map<?, ?> map) {
            List<String> parts = new ArrayList<>();
            map.forEach((key, item) -> parts.add(json(key) + ": " + json(item)));
            return "{" + String.join(", ", parts) + "}";
        }
        if (value instanceof List<?> list) {
            return "[" + String.join(", ", list.stream().map(Validate::json).toList()) + "]";
        }
        return value == null ? "null" : quoted(value.toString());
    }

    /** A JSON string in ASCII alone, whatever the console's encoding. */
    private static String quoted(String text) {
        StringBuilder made = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            boolean plain = c >= ' ' && c < 127 && c != '"' && c != '\\';
            made.append(plain ? String.valueOf(c) : String.format("\\u%04x", (int) c));
        }
        return made.append('"').toString();
    }
}
